#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string_view>

namespace agentd {

/// What servers send. Ordered: arguments that come as an object keep the order that the model wrote.
using ReplyJson = nlohmann::ordered_json;

/// Discarded where the text is no object, or nested so deeply that handling it would overflow the stack.
ReplyJson parse_reply(std::string_view text);
/// As text for a journal or a request: invalid UTF-8 is replaced.
std::string dump_reply(const ReplyJson& json);

/// Many servers send null, or leave out, what has no value: both are "not there".
const ReplyJson* find(const ReplyJson& object, const char* key);
std::string_view text_of(const ReplyJson& object, const char* key);
std::int64_t count_of(const ReplyJson& object, const char* key);

bool is_blank(std::string_view text);

}  // namespace agentd
