#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "core/store/data_key.h"
#include "core/task.h"

// The file FORMAT of a memory directory: "agentd memory 1"; of an encrypted one "agentd memory 2", so that an
// older agentd keeps away, and a line of JSON with the key that all is encrypted with, itself encrypted with
// the user's key.

namespace agentd {

struct Encryption {
  EncryptionSetup source;  ///< where the user's key was when the directory was made, or its key last changed
  std::string key_id;      ///< DataKey::id of the user's key
  std::string data_key;    ///< closed with it
  bool operator==(const Encryption&) const = default;
};

struct Format {
  std::optional<Encryption> encryption;
};

/// None where there is no FORMAT. Throws Error(Storage) where there is one that is not ours.
std::optional<Format> read_format(const std::filesystem::path& folder);
std::string to_text(const Format& format);

/// Throws Error(Usage) if the source's command holds the key.
Encryption encryption_of(const DataKey& data_key, const DataKey& user_key, const EncryptionSetup& source);
/// None: that is not the user's key.
std::optional<DataKey> data_key_of(const Encryption& encryption, const DataKey& user_key);

}  // namespace agentd
