#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/seal.h"

namespace agentd {

/// As in RFC 4648, with its padding.
std::string to_base64(std::string_view bytes);
std::optional<std::string> from_base64(std::string_view text);

/// 32 random bytes, and what is done with them. Source: XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03) and
/// BLAKE2b (RFC 7693), both as libsodium has them.
class DataKey final : public Seal {
 public:
  static constexpr std::size_t kSize = 32;
  /// What encryption adds to a text: a nonce of 24 bytes and a tag of 16.
  static constexpr std::size_t kSealSize = 40;

  static DataKey random();
  /// From base64, or hexadecimal digits; none if that is no key.
  static std::optional<DataKey> from_text(std::string_view text);
  std::string to_text() const;
  /// As people write it: base64, and both ways of hexadecimal digits.
  std::vector<std::string> texts() const;
  /// Tells keys apart, and nothing about them.
  std::string id() const;
  /// Another key, which only who has this one can make.
  DataKey of(std::string_view what) const;

  std::string close(std::string_view bytes, std::string_view what) const override;
  std::optional<std::string> open(std::string_view sealed, std::string_view what) const override;

  /// In place. `seal`: kSealSize bytes, written here. `what` is kept from changes, not from eyes.
  void encrypt(char* text, std::size_t size, std::string_view what, char* seal) const;
  /// False: the text or one of the others was changed.
  bool decrypt(char* text, std::size_t size, std::string_view what, const char* seal) const;

  /// A file name for a name of at most 100 bytes: always the same one, an x and base64url (RFC 4648).
  std::string file_name(std::string_view name) const;
  /// By its form, whatever the key.
  static bool is_file_name(std::string_view text);
  /// None for a file name that this key did not give.
  std::optional<std::string> name_of(std::string_view file_name) const;

  bool operator==(const DataKey& other) const { return bytes_ == other.bytes_; }

 private:
  std::string_view view() const { return {reinterpret_cast<const char*>(bytes_.data()), kSize}; }
  std::array<unsigned char, kSize> bytes_ = {};
};

/// None of none.
std::optional<DataKey> key_of(const std::optional<DataKey>& key, std::string_view what);

}  // namespace agentd
