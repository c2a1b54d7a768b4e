#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "core/fd.h"
#include "core/message.h"
#include "core/secret_filter.h"
#include "tools/sealed_file.h"

namespace agentd {

/// What one call puts out, in little memory however much it is. What is too long to be shown whole is kept in
/// a file of the folder of outputs, whose name depends on the call alone; secrets are masked in both.
class CallOutput {
 public:
  /// `seal`: null, the file is not encrypted.
  CallOutput(const CallId& call, std::filesystem::path folder, const Secrets& secrets,
             const Seal* seal = nullptr);
  CallOutput(const CallOutput&) = delete;
  CallOutput& operator=(const CallOutput&) = delete;
  /// Leaves no file behind unless `finish` was reached.
  ~CallOutput();

  /// Throws Error(Storage) where the file cannot be written.
  void write(std::string_view bytes);
  /// `mark` stands in the text where it is cut. Its {{total}} and {{call}} are filled in.
  ToolResult finish(Outcome outcome, std::string_view mark);

 private:
  std::filesystem::path path() const;
  std::filesystem::path temporary() const;
  void keep(std::string_view bytes);
  void open_file();
  void store(std::string_view bytes);
  void write_file(std::string_view bytes);
  void write_bytes(std::string_view bytes);
  void commit_file();
  [[noreturn]] void fail(int error) const;

  CallId call_;
  std::filesystem::path folder_;
  SecretFilter filter_;
  std::string head_;  ///< the first bytes
  std::string tail_;  ///< the last ones of those that follow
  std::int64_t total_ = 0;
  Fd file_;  ///< once the output is too long for head_
  std::optional<SealedParts> parts_;
  std::int64_t stored_ = 0;
};

}  // namespace agentd
