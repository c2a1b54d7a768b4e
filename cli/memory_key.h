#pragma once

#include "cli/args.h"
#include "core/store/memory_dir.h"

namespace agentd {

/// The memory directory of a command, with its key where it is encrypted; see MemoryDir.
MemoryDir look_at_memory(const Args& args);
/// `wanted`: what the task says of its encryption.
MemoryDir make_memory(const Args& args, const EncryptionSetup& wanted = {});

/// As the environment, a file or a command has it now. Throws Error(Usage) where there is none.
DataKey find_key(const EncryptionSetup& source);
/// The same, where a memory directory says where it is. Commands are not run on its word alone.
DataKey find_kept_key(const EncryptionSetup& source);

}  // namespace agentd
