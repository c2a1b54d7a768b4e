#include "core/model/responses_output.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/json_text.h"

namespace agentd {
namespace {

/// Whether the object has nothing else to say than members of these names.
bool has_only(const ReplyJson& object, std::initializer_list<std::string_view> names) {
  for (const auto& [name, value] : object.items()) {
    const bool known = std::find(names.begin(), names.end(), name) != names.end();
    if (!known && !value.is_null() && !(value.is_structured() && value.empty())) return false;
  }
  return true;
}

bool is_call(const ReplyJson& item) {
  return text_of(item, "type") == "function_call";
}

bool is_message(const ReplyJson& item) {
  return text_of(item, "type") == "message";
}

/// JSON text. Some servers send the object itself.
std::string arguments_of(const ReplyJson& call) {
  const ReplyJson* arguments = find(call, "arguments");
  return arguments == nullptr || arguments->is_string() ? std::string(text_of(call, "arguments"))
                                                        : dump_reply(*arguments);
}

bool has_result(const ReplyJson& items, std::string_view id) {
  return std::any_of(items.begin(), items.end(), [&](const ReplyJson& item) {
    return text_of(item, "type").ends_with("_output") && text_of(item, "call_id") == id;
  });
}

/// A server's own calls have no call_id, or their result beside them.
bool is_foreign_call(const ReplyJson& item, const ReplyJson& items) {
  const std::string_view id = text_of(item, "call_id");
  return text_of(item, "type").ends_with("_call") && !is_call(item) && !id.empty() && !has_result(items, id);
}

bool is_plain_message(const ReplyJson& item) {
  if (!has_only(item, {"id", "type", "role", "status", "content"})) return false;
  const ReplyJson* parts = find(item, "content");
  if (parts == nullptr || !parts->is_array()) return !text_of(item, "content").empty();
  return std::all_of(parts->begin(), parts->end(), [](const ReplyJson& part) {
    return text_of(part, "type") == "output_text" && has_only(part, {"type", "text", "logprobs"});
  });
}

/// At most one message without any marks, then calls: the neutral form says it all.
bool is_plain(const ReplyJson& items) {
  bool first = true;
  for (const ReplyJson& item : items) {
    const bool plain = is_call(item)
                           ? has_only(item, {"id", "type", "status", "call_id", "name", "arguments"})
                           : first && is_message(item) && is_plain_message(item);
    if (!plain) return false;
    first = false;
  }
  return true;
}

/// Whether a server takes the item back. Reasoning without its content is the name of something that the
/// server did not keep; a call without an id, with arguments that are no object or with two results would be
/// refused with every later request.
bool is_whole(const ReplyJson& item) {
  if (is_call(item)) return is_json_object(text_of(item, "arguments")) && !text_of(item, "call_id").empty();
  if (text_of(item, "type") != "reasoning")
    return item.is_object() && text_of(item, "type") != "function_call_output";
  const ReplyJson* content = find(item, "content");
  return !text_of(item, "encrypted_content").empty() || (content != nullptr && !content->empty());
}

/// Adds up the messages. One that calls itself the final answer is the whole text: what stands beside it is
/// commentary.
class Messages {
 public:
  void add(const ReplyJson& message) {
    std::string said(text_of(message, "content"));
    if (const ReplyJson* parts = find(message, "content"); parts != nullptr && parts->is_array())
      for (const ReplyJson& part : *parts) {
        said += text_of(part, "text");
        refusal_ += text_of(part, "refusal");
      }
    append(all_, said);
    if (text_of(message, "phase") == "final_answer") append(final_, said);
  }

  std::string text() const { return final_.empty() ? all_ : final_; }
  const std::string& refusal() const { return refusal_; }

 private:
  static void append(std::string& text, const std::string& said) {
    if (!text.empty() && !said.empty()) text += "\n\n";
    text += said;
  }

  std::string all_;
  std::string final_;
  std::string refusal_;
};

}  // namespace

ResponsesOutput read_responses_output(const ReplyJson& items) {
  ResponsesOutput output;
  Messages messages;
  for (const ReplyJson& item : items) {
    if (is_message(item)) messages.add(item);
    if (is_call(item))
      output.calls.push_back(
          {std::string(text_of(item, "call_id")), std::string(text_of(item, "name")), arguments_of(item)});
    if (output.foreign_call.empty() && is_foreign_call(item, items))
      output.foreign_call = text_of(item, "type");
  }
  output.text = messages.text();
  output.refusal = messages.refusal();
  if (!is_plain(items) && std::all_of(items.begin(), items.end(), is_whole)) output.echo = dump_reply(items);
  return output;
}

}  // namespace agentd
