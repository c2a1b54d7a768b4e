#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "core/model.h"

namespace agentd {

/// Writes a request's body by appending: the history is megabytes, so no tree of it is built. Members of
/// `model.extra` stand where write_extra() is called and win over all others of that name.
class BodyWriter {
 public:
  explicit BodyWriter(const ModelRequest& request);
  ~BodyWriter();

  bool is_extra(std::string_view name) const;
  /// False, and nothing is written, where `extra` has a member of that name. Else the value is to follow.
  bool begin(std::string_view name);
  void json_member(std::string_view name, std::string_view value);
  void text_member(std::string_view name, std::string_view text);
  void write_extra();

  void raw(std::string_view json) { body_ += json; }
  void string(std::string_view text);
  /// A comma, unless a list or object has just begun.
  void comma();
  /// Closes the body. Called once.
  std::string take();

 private:
  void name(std::string_view name);

  std::unique_ptr<const nlohmann::json> extra_;
  std::string body_;
};

/// A name as every provider takes it: models make others up, and a history with one would be refused for
/// ever.
std::string safe_name(std::string_view name);
/// The arguments where they are a JSON object, {} where they are not: the same holds for them.
std::string_view safe_arguments(const ToolCall& call);

}  // namespace agentd
