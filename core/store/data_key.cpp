#include "core/store/data_key.h"

#include <sodium.h>

#include <algorithm>
#include <stdexcept>

namespace agentd {
namespace {

constexpr std::size_t kNonce = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kTag = crypto_aead_xchacha20poly1305_ietf_ABYTES;
static_assert(kNonce + kTag == DataKey::kSealSize);

constexpr std::size_t kIdSize = 8;
constexpr std::size_t kNameDigest = 16;
constexpr std::size_t kNameStep = 16;  // so that a file name tells little of the length of the name
constexpr char kNameMark = 'x';        // no file name begins with '-'
constexpr int kBase64 = sodium_base64_VARIANT_ORIGINAL;
constexpr int kBase64InNames = sodium_base64_VARIANT_URLSAFE_NO_PADDING;

const unsigned char* as_bytes(const char* text) {
  return reinterpret_cast<const unsigned char*>(text);
}

unsigned char* as_bytes(char* text) {
  return reinterpret_cast<unsigned char*>(text);
}

void make_ready() {
  static const bool is_ready = sodium_init() >= 0;
  if (!is_ready) throw std::runtime_error("libsodium found no source of random numbers");
}

std::string encoded(std::string_view bytes, int variant) {
  std::string text(sodium_base64_encoded_len(bytes.size(), variant), '\0');
  sodium_bin2base64(text.data(), text.size(), as_bytes(bytes.data()), bytes.size(), variant);
  text.pop_back();  // a zero
  return text;
}

std::optional<std::string> decoded(std::string_view text, int variant) {
  std::string bytes(text.size(), '\0');
  std::size_t size = 0;
  if (sodium_base642bin(as_bytes(bytes.data()), bytes.size(), text.data(), text.size(), nullptr, &size,
                        nullptr, variant) != 0)
    return std::nullopt;
  bytes.resize(size);
  return bytes;
}

std::optional<std::string> from_hex(std::string_view text) {
  std::string bytes(text.size() / 2, '\0');
  std::size_t size = 0;
  if (sodium_hex2bin(as_bytes(bytes.data()), bytes.size(), text.data(), text.size(), nullptr, &size,
                     nullptr) != 0)
    return std::nullopt;
  bytes.resize(size);
  return bytes;
}

std::string to_hex(std::string_view bytes) {
  std::string hex(2 * bytes.size() + 1, '\0');
  sodium_bin2hex(hex.data(), hex.size(), as_bytes(bytes.data()), bytes.size());
  hex.pop_back();  // a zero
  return hex;
}

std::string digest(std::string_view text, const std::array<unsigned char, DataKey::kSize>& key,
                   std::size_t size) {
  std::string bytes(size, '\0');
  crypto_generichash(as_bytes(bytes.data()), size, as_bytes(text.data()), text.size(), key.data(),
                     key.size());
  return bytes;
}

/// Its own inverse.
std::string streamed(std::string text, const std::string& digest,
                     const std::array<unsigned char, DataKey::kSize>& key) {
  std::string nonce = digest;
  nonce.resize(crypto_stream_xchacha20_NONCEBYTES);
  crypto_stream_xchacha20_xor(as_bytes(text.data()), as_bytes(text.data()), text.size(),
                              as_bytes(nonce.data()), key.data());
  return text;
}

std::optional<std::string> bytes_of_file_name(std::string_view text) {
  if (!text.starts_with(kNameMark)) return std::nullopt;
  auto bytes = decoded(text.substr(1), kBase64InNames);
  const bool is_one = bytes && bytes->size() > kNameDigest && (bytes->size() - kNameDigest) % kNameStep == 0;
  return is_one ? bytes : std::nullopt;
}

}  // namespace

std::string to_base64(std::string_view bytes) {
  return encoded(bytes, kBase64);
}

std::optional<std::string> from_base64(std::string_view text) {
  return decoded(text, kBase64);
}

DataKey DataKey::random() {
  make_ready();
  DataKey key;
  randombytes_buf(key.bytes_.data(), key.bytes_.size());
  return key;
}

std::optional<DataKey> DataKey::from_text(std::string_view text) {
  make_ready();
  auto bytes = text.size() == 2 * kSize ? from_hex(text) : from_base64(text);
  if (!bytes || bytes->size() != kSize) return std::nullopt;
  DataKey key;
  std::copy(bytes->begin(), bytes->end(), key.bytes_.begin());
  sodium_memzero(bytes->data(), bytes->size());
  return key;
}

std::string DataKey::to_text() const {
  return to_base64(view());
}

std::vector<std::string> DataKey::texts() const {
  const std::string hex = to_hex(view());
  std::string upper = hex;
  for (char& c : upper)
    if (c >= 'a') c = static_cast<char>(c - 'a' + 'A');
  return {to_text(), hex, upper};
}

std::string DataKey::id() const {
  return to_hex(digest("id", bytes_, kNameDigest).substr(0, kIdSize));
}

DataKey DataKey::of(std::string_view what) const {
  const std::string bytes = digest(what, bytes_, kSize);
  DataKey key;
  std::copy(bytes.begin(), bytes.end(), key.bytes_.begin());
  return key;
}

std::optional<DataKey> key_of(const std::optional<DataKey>& key, std::string_view what) {
  return key ? std::optional(key->of(what)) : std::nullopt;
}

std::string DataKey::close(std::string_view bytes, std::string_view what) const {
  std::string sealed(bytes);
  sealed.resize(bytes.size() + kSealSize);
  encrypt(sealed.data(), bytes.size(), what, sealed.data() + bytes.size());
  return sealed;
}

std::optional<std::string> DataKey::open(std::string_view sealed, std::string_view what) const {
  if (sealed.size() < kSealSize) return std::nullopt;
  std::string text(sealed.substr(0, sealed.size() - kSealSize));
  if (!decrypt(text.data(), text.size(), what, sealed.data() + text.size())) return std::nullopt;
  return text;
}

void DataKey::encrypt(char* text, std::size_t size, std::string_view what, char* seal) const {
  randombytes_buf(seal, kNonce);
  crypto_aead_xchacha20poly1305_ietf_encrypt_detached(as_bytes(text), as_bytes(seal + kNonce), nullptr,
                                                      as_bytes(text), size, as_bytes(what.data()),
                                                      what.size(), nullptr, as_bytes(seal), bytes_.data());
}

bool DataKey::decrypt(char* text, std::size_t size, std::string_view what, const char* seal) const {
  return crypto_aead_xchacha20poly1305_ietf_decrypt_detached(as_bytes(text), nullptr, as_bytes(text), size,
                                                             as_bytes(seal + kNonce), as_bytes(what.data()),
                                                             what.size(), as_bytes(seal), bytes_.data()) == 0;
}

/// The digest is the nonce too, so that names which differ have nothing in common.
std::string DataKey::file_name(std::string_view name) const {
  std::string padded(name);
  padded.resize((name.size() + kNameStep - 1) / kNameStep * kNameStep);
  const std::string tag = digest(padded, of("digest of a name").bytes_, kNameDigest);
  return kNameMark + encoded(tag + streamed(padded, tag, of("name").bytes_), kBase64InNames);
}

bool DataKey::is_file_name(std::string_view text) {
  return bytes_of_file_name(text).has_value();
}

std::optional<std::string> DataKey::name_of(std::string_view file_name) const {
  const auto bytes = bytes_of_file_name(file_name);
  if (!bytes) return std::nullopt;
  std::string name = streamed(bytes->substr(kNameDigest), bytes->substr(0, kNameDigest), of("name").bytes_);
  name.erase(name.find_last_not_of('\0') + 1);
  if (this->file_name(name) != file_name) return std::nullopt;
  return name;
}

}  // namespace agentd
