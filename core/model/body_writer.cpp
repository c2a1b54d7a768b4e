#include "core/model/body_writer.h"

#include <nlohmann/json.hpp>

#include "core/json_text.h"

namespace agentd {

using nlohmann::json;

BodyWriter::BodyWriter(const ModelRequest& request)
    : extra_(std::make_unique<const json>(request.setup.extra.empty() ? json::object()
                                                                      : json::parse(request.setup.extra))) {
  std::size_t size = 4096 + request.system.size();
  for (const Message& message : request.messages) {
    size += 256 + message.text.size() + message.text.size() / 8 + message.provider_content.size();
    for (const ToolCall& call : message.calls)
      size += 128 + call.arguments.size() + call.arguments.size() / 4;
  }
  body_.reserve(size);
}

BodyWriter::~BodyWriter() = default;

bool BodyWriter::is_extra(std::string_view name) const {
  return extra_->contains(name);
}

bool BodyWriter::begin(std::string_view name) {
  if (is_extra(name)) return false;
  this->name(name);
  return true;
}

void BodyWriter::json_member(std::string_view name, std::string_view value) {
  if (begin(name)) raw(value);
}

void BodyWriter::text_member(std::string_view name, std::string_view text) {
  if (begin(name)) string(text);
}

void BodyWriter::write_extra() {
  for (const auto& [key, value] : extra_->items()) {
    name(key);
    raw(value.dump(-1, ' ', false, json::error_handler_t::replace));
  }
}

void BodyWriter::string(std::string_view text) {
  append_json_string(body_, text);
}

void BodyWriter::comma() {
  if (body_.back() != '[' && body_.back() != '{') body_ += ',';
}

std::string BodyWriter::take() {
  if (body_.empty()) body_ += '{';
  body_ += '}';
  return std::move(body_);
}

void BodyWriter::name(std::string_view name) {
  body_ += body_.empty() ? '{' : ',';
  string(name);
  body_ += ':';
}

std::string safe_name(std::string_view name) {
  std::string safe(name.substr(0, 64));
  for (char& c : safe) {
    const bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
    if (!good) c = '_';
  }
  return safe.empty() ? "_" : safe;
}

std::string_view safe_arguments(const ToolCall& call) {
  return is_json_object(call.arguments) ? std::string_view(call.arguments) : "{}";
}

}  // namespace agentd
