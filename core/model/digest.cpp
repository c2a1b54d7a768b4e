#include "core/model/digest.h"

#include <sodium.h>

namespace agentd {
namespace {

const unsigned char* as_bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* as_bytes(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

}  // namespace

std::string sha256(std::string_view bytes) {
  std::string digest(crypto_hash_sha256_BYTES, '\0');
  crypto_hash_sha256(as_bytes(digest), as_bytes(bytes), bytes.size());
  return digest;
}

std::string hmac_sha256(std::string_view key, std::string_view bytes) {
  std::string code(crypto_auth_hmacsha256_BYTES, '\0');
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, as_bytes(key), key.size());
  crypto_auth_hmacsha256_update(&state, as_bytes(bytes), bytes.size());
  crypto_auth_hmacsha256_final(&state, as_bytes(code));
  sodium_memzero(&state, sizeof state);
  return code;
}

std::string to_hex(std::string_view bytes) {
  std::string hex(bytes.size() * 2 + 1, '\0');  // sodium writes a zero behind
  sodium_bin2hex(hex.data(), hex.size(), as_bytes(bytes), bytes.size());
  hex.pop_back();
  return hex;
}

}  // namespace agentd
