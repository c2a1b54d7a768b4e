#include "core/model/reply_json.h"

#include <nlohmann/json.hpp>

#include "core/json_text.h"
#include "core/text.h"

namespace agentd {

ReplyJson parse_reply(std::string_view text) {
  if (!is_json_object(text)) return ReplyJson(ReplyJson::value_t::discarded);
  ReplyJson object = ReplyJson::parse(text, nullptr, false);
  return object.is_discarded() ? ReplyJson::parse(with_whole_escapes(to_valid_utf8(text)), nullptr, false)
                               : object;
}

std::string dump_reply(const ReplyJson& json) {
  return json.dump(-1, ' ', false, ReplyJson::error_handler_t::replace);
}

const ReplyJson* find(const ReplyJson& object, const char* key) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(key);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

std::string_view text_of(const ReplyJson& object, const char* key) {
  const ReplyJson* value = find(object, key);
  return value != nullptr && value->is_string() ? std::string_view(value->get_ref<const std::string&>()) : "";
}

std::int64_t count_of(const ReplyJson& object, const char* key) {
  const ReplyJson* value = find(object, key);
  if (value == nullptr || !value->is_number()) return 0;
  const double number = value->get<double>();
  return number > 0 && number < 1e15 ? static_cast<std::int64_t>(number) : 0;
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

}  // namespace agentd
