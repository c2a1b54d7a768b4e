#include "core/store/format_file.h"

#include <fcntl.h>

#include <cerrno>
#include <charconv>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/store/files.h"

namespace agentd {
namespace fs = std::filesystem;
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kPrefix = "agentd memory ";
constexpr int kPlain = 1;
constexpr int kEncrypted = 2;
constexpr std::string_view kPurpose = "data key of a memory directory";

[[noreturn]] void refuse(const fs::path& folder, const std::string& why) {
  throw Error(Exit::Storage, folder.string() + " " + why);
}

Encryption encryption_from(const std::string& line, const fs::path& folder) {
  const Json json = Json::parse(line, nullptr, false);
  const auto text = [&](const char* name) {
    const auto found = json.is_object() ? json.find(name) : json.end();
    return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  Encryption encryption{{text("key_env"), text("key_file"), text("key_command")}, text("key_id"), ""};
  const auto data_key = from_base64(text("data_key"));
  if (!data_key || data_key->empty() || encryption.key_id.empty())
    refuse(folder, "has a FORMAT file whose second line is damaged: put back a backup of it");
  encryption.data_key = *data_key;
  return encryption;
}

}  // namespace

std::optional<Format> read_format(const fs::path& folder) {
  const fs::path path = folder / "FORMAT";
  const Fd file = open_existing(path, O_RDONLY);
  if (!file && errno == ENOENT) return std::nullopt;
  if (!file) throw_errno("read", path, errno);
  const std::string text = read_all(file.get(), path);
  int version = 0;
  if (text.starts_with(kPrefix))
    std::from_chars(text.data() + kPrefix.size(), text.data() + text.size(), version);
  if (version > kEncrypted)
    refuse(folder, "was written by a newer agentd (format " + std::to_string(version) + ", this one knows " +
                       std::to_string(kEncrypted) + "): update agentd");
  if (version < kPlain) refuse(folder, "has a FORMAT file that is not agentd's: choose another --memory DIR");
  if (version == kPlain) return Format{};
  return Format{encryption_from(text.substr(std::min(text.find('\n'), text.size())), folder)};
}

std::string to_text(const Format& format) {
  const auto& encryption = format.encryption;
  std::string text(kPrefix);
  text += std::to_string(encryption ? kEncrypted : kPlain) + "\n";
  if (!encryption) return text;
  Json json;
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) json[name] = value;
  };
  add("key_env", encryption->source.key_env);
  add("key_file", encryption->source.key_file);
  add("key_command", encryption->source.key_command);
  add("key_id", encryption->key_id);
  add("data_key", to_base64(encryption->data_key));
  return text + json.dump() + "\n";
}

Encryption encryption_of(const DataKey& data_key, const DataKey& user_key, const EncryptionSetup& source) {
  for (const std::string& text : user_key.texts())
    if (source.key_command.find(text) != std::string::npos)
      throw Error(Exit::Usage,
                  "the key's command holds the key itself, and would be kept with what the key is "
                  "to protect: let it read the key from elsewhere");
  return {source, user_key.id(), user_key.close(data_key.to_text(), kPurpose)};
}

std::optional<DataKey> data_key_of(const Encryption& encryption, const DataKey& user_key) {
  const auto text = user_key.open(encryption.data_key, kPurpose);
  return text ? DataKey::from_text(*text) : std::nullopt;
}

}  // namespace agentd
