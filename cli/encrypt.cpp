#include <filesystem>
#include <iostream>

#include "cli/commands.h"
#include "cli/memory_key.h"

namespace agentd {

/// Encrypts a new memory directory, or puts another key in the place of the one that an encrypted one has.
Exit encrypt_command(const Args& args) {
  EncryptionSetup source = args.encryption;
  if (source == EncryptionSetup())
    throw Error(Exit::Usage, "encrypt: say where the key is: --key-env, --key-file or --key-command");
  if (!source.key_file.empty())
    source.key_file = std::filesystem::absolute(source.key_file).lexically_normal().string();
  const DataKey key = find_key(source);
  const MemoryDir memory = MemoryDir::encrypt(args.memory, find_kept_key, source, key);
  std::cout << memory.path().string() << " is encrypted with the key " << key.id() << '\n';
  std::cerr
      << "agentd: keep that key well, as nothing can be read without it; not encrypted are the files that "
         "tools work on (workspace/, scratch/), the sizes, number and times of files, and in lock who "
         "worked\n";
  return Exit::Completed;
}

}  // namespace agentd
