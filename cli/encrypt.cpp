#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <iostream>

#include "cli/commands.h"
#include "cli/encrypted_copy.h"
#include "cli/memory_key.h"
#include "core/error.h"
#include "core/never_stop.h"
#include "core/os/system_clock.h"
#include "core/store/files.h"

namespace agentd {

namespace {

namespace fs = std::filesystem;

void require_none(const fs::path& folder, const std::string& why) {
  if (is_there(folder)) throw Error(Exit::Usage, folder.string() + why);
}

/// It gets its name when all is in it.
MemoryDir copied(const Args& args, const EncryptionSetup& source, const DataKey& key) {
  const FindKey find = [&](const EncryptionSetup&) { return key; };
  fs::path target = fs::absolute(*args.into).lexically_normal();
  if (!target.has_filename()) target = target.parent_path();
  const fs::path unfinished = target.string() + ".unfinished";
  const MemoryDir memory = look_at_memory(args);
  if (!is_there(memory.path())) throw Error(Exit::Usage, "there is no memory directory " + args.memory);
  require_none(target, " is there already: --into makes a new directory");
  require_none(unfinished, " is what a copy has left that did not finish: remove it, and try again");
  try {
    SystemClock clock;
    copy_memory(memory, MemoryDir::create(unfinished, find, source), clock, NeverStop());
  } catch (const Error&) {
    std::error_code ignored;
    fs::remove_all(unfinished, ignored);
    throw;
  }
  const Fd folder(::open(unfinished.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder || ::syncfs(folder.get()) != 0 || ::rename(unfinished.c_str(), target.c_str()) != 0)
    throw_errno("write", target, errno);
  sync_folder(target.parent_path());
  return MemoryDir::look(target, find);
}

}  // namespace

/// Encrypts a new memory directory, or puts another key in the place of the one that an encrypted one has.
Exit encrypt_command(const Args& args) {
  EncryptionSetup source = args.encryption;
  if (source == EncryptionSetup())
    throw Error(Exit::Usage, "encrypt: say where the key is: --key-env, --key-file or --key-command");
  if (!source.key_file.empty()) source.key_file = fs::absolute(source.key_file).lexically_normal().string();
  const DataKey key = find_key(source);
  const MemoryDir memory =
      args.into ? copied(args, source, key) : MemoryDir::encrypt(args.memory, find_kept_key, source, key);
  std::cout << memory.path().string() << " is encrypted with the key " << key.id() << '\n';
  std::cerr
      << "agentd: keep that key well, as nothing can be read without it; not encrypted are the files that "
         "tools work on (workspace/, scratch/), the sizes, number and times of files, and in lock who "
         "worked\n";
  return Exit::Completed;
}

}  // namespace agentd
