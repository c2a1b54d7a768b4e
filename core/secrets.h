#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace agentd {

inline constexpr std::string_view kSecretMask = "[secret]";

/// The ways in which programs write a secret, without line breaks (see Unbroken): as it is, in URLs and
/// forms, in JSON, in hex, and those characters of its base64 that are the same whatever stands around it.
/// None with less than 6 characters, which would mask words, nor a part of the mask itself.
std::set<std::string> secret_forms(std::string_view secret);

/// The forms of some secrets, made ready to be found fast.
class SecretForms {
 public:
  struct Match {
    std::size_t begin = std::string::npos;
    std::size_t end = 0;
  };

  SecretForms() = default;
  explicit SecretForms(const std::set<std::string>& values);

  /// The first form that begins there or later in a text without line breaks; the longest of those that begin
  /// together.
  Match find(std::string_view text, std::size_t from) const;
  bool empty() const { return forms_.empty(); }
  std::size_t longest() const { return longest_; }

 private:
  struct Form {
    std::size_t block;  ///< what its window ends with
    std::string text;
    auto operator<=>(const Form&) const = default;
  };

  std::size_t window_ = 16;  ///< each form is that long at least
  std::size_t longest_ = 1;
  std::vector<Form> forms_;           ///< sorted
  std::vector<std::uint8_t> shifts_;  ///< of each block: how far the window may move without missing a form
};

/// What must never be shown or recorded. More may become known at any time, from any thread.
class Secrets {
 public:
  Secrets() : Secrets(std::vector<std::string>()) {}
  explicit Secrets(const std::vector<std::string>& values) { learn(values); }

  void learn(const std::vector<std::string>& values);
  /// Of those known by now; good for as long as this is.
  const SecretForms& forms() const { return *forms_; }

 private:
  std::mutex mutex_;
  std::set<std::string> values_;
  std::vector<std::unique_ptr<const SecretForms>> all_forms_;
  std::atomic<const SecretForms*> forms_ = nullptr;
};

}  // namespace agentd
