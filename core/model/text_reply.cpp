#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "core/model/loose_json.h"
#include "core/model/reply_json.h"
#include "core/model/text_model.h"
#include "core/sentences.h"
#include "core/text.h"
#include "prompts.h"

// A reply is read line by line for the labels of the form. Small models decorate them, wrap JSON into fences,
// write the call as one JSON object or as f(x), put several actions into a reply, and go on with results that
// they made up: all of that is understood, or cut off where it begins to be invented.

namespace agentd {
namespace {

enum class Label { None, Thought, Action, Input, Observation, Answer };

constexpr std::string_view kDecoration = " \t\r*#>`_-";

/// "**Final Answer:**" → "final answer", "Action 1" → "action".
std::string plain_word(std::string_view text) {
  std::string word;
  for (const char c : trimmed(text, "*#>`_- \t\r0123456789"))
    word += c == '_' ? ' ' : static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  return word;
}

Label label_named(const std::string& word) {
  if (word == "thought") return Label::Thought;
  if (word == "action") return Label::Action;
  if (word == "action input" || word == "actioninput") return Label::Input;
  if (word.starts_with("observation")) return Label::Observation;
  if (word == "final answer") return Label::Answer;
  return Label::None;
}

struct Line {
  Label label = Label::None;
  std::size_t value = 0;  ///< where its text begins, behind the label
  std::size_t end = 0;    ///< where the next line begins
};

Line line_at(std::string_view text, std::size_t at) {
  constexpr std::size_t kLongestLabel = 40;
  const std::size_t end = std::min(text.find('\n', at), text.size());
  Line line{Label::None, at, std::min(end + 1, text.size())};
  const std::size_t colon = text.substr(at, std::min(end - at, kLongestLabel)).find(':');
  if (colon != std::string_view::npos) {
    line.label = label_named(plain_word(text.substr(at, colon)));
    if (line.label != Label::None) {
      line.value = at + colon + 1;
      while (line.value < end && kDecoration.find(text[line.value]) != std::string_view::npos &&
             text[line.value] != '-' && text[line.value] != '`')
        ++line.value;
    }
  } else if (label_named(plain_word(text.substr(at, end - at))) == Label::Answer) {
    line = {Label::Answer, line.end, line.end};  // a heading
  }
  return line;
}

std::string_view without_fence(std::string_view text) {
  text = trimmed(text);
  if (!text.starts_with("```")) return text;
  text.remove_prefix(std::min(text.find('\n'), text.size()));
  return trimmed(text.substr(0, text.rfind("```")));
}

const ReplyJson* first_of(const ReplyJson& object, std::initializer_list<const char*> keys) {
  for (const char* key : keys)
    if (const ReplyJson* found = find(object, key)) return found;
  return nullptr;
}

/// What the whole reply asks for.
struct Reading {
  std::string thought;
  std::vector<ToolCall> calls;
  std::optional<std::string> answer;
  std::string complaint;
  std::size_t end = 0;  ///< of what is the model's own
};

class Reader {
 public:
  Reader(std::string_view text, std::span<const ToolSpec> tools) : text_(text), tools_(tools) {}

  Reading read() {
    std::size_t at = 0;
    while (at < text_.size() && !reading_.answer && reading_.complaint.empty()) {
      const Line line = line_at(text_, at);
      if (line.label == Label::Observation && (open_ || !reading_.calls.empty())) break;
      at = take(line, at);
    }
    reading_.end = reading_.answer ? text_.size() : at;
    if (open_) complain(sentence_of(prompts::complaints, "no_input"));
    if (reading_.calls.empty() && !reading_.answer && reading_.complaint.empty()) read_bare_object();
    if (reading_.calls.empty() && !reading_.answer && reading_.complaint.empty())
      reading_.complaint = sentence_of(prompts::complaints, "no_action");
    return std::move(reading_);
  }

 private:
  /// Returns where to go on.
  std::size_t take(const Line& line, std::size_t at) {
    const std::string_view value = text_.substr(line.value, line.end - line.value);
    switch (line.label) {
      case Label::Answer:
        if (!reading_.calls.empty()) return line.end;  // it has not seen the results yet
        reading_.answer = trimmed(text_.substr(line.value));
        return text_.size();
      case Label::Action:
        if (open_) complain(sentence_of(prompts::complaints, "no_input"));
        return begin_action(line);
      case Label::Input:
        return open_ ? take_input(line) : line.end;
      case Label::Thought:
      case Label::None:
        if (reading_.calls.empty() && !open_)
          reading_.thought += line.label == Label::None ? text_.substr(at, line.end - at) : value;
        return line.end;
      case Label::Observation:
        return line.end;
    }
    return line.end;
  }

  /// NAME, or NAME with its arguments behind it, or all of it as one JSON object.
  std::size_t begin_action(const Line& line) {
    const std::string_view value = trimmed(text_.substr(line.value, line.end - line.value));
    if (value.starts_with('{') || value.starts_with("```") || value.empty()) {
      const std::size_t brace = text_.find_first_not_of(" \t\r\n`jsonJSON", line.value);
      if (brace != std::string_view::npos && text_[brace] == '{') return take_object(brace);
    }
    const std::size_t open = value.find_first_of("({[ ");
    open_ = std::string(trimmed(value.substr(0, open), "*`\"'[]() \t.:"));
    if (value.starts_with('[')) open_ = std::string(trimmed(value, "[]*`\"' "));
    if (is_blank(*open_)) open_.reset();
    if (open_ && plain_word(value) == "final answer") return begin_answer(line);
    const std::size_t brace = value.find('{');
    if (!open_ || open == std::string_view::npos || brace == std::string_view::npos) return line.end;
    return take_input(
        {Label::Input, static_cast<std::size_t>(value.data() - text_.data()) + brace, line.end});
  }

  /// "Action: Final Answer", with the answer as its input.
  std::size_t begin_answer(const Line& line) {
    open_.reset();
    const Line next = line_at(text_, line.end);
    reading_.answer = trimmed(text_.substr(next.label == Label::Input ? next.value : line.end));
    return text_.size();
  }

  std::size_t take_input(const Line& line) {
    const std::string tool = *std::exchange(open_, std::nullopt);
    const std::size_t brace = text_.find_first_not_of(" \t\r\n`jsonJSON", line.value);
    if (brace != std::string_view::npos && text_[brace] == '{') {
      const std::size_t end = object_end(text_, brace).value_or(next_label(line.end));
      add_call(tool, text_.substr(brace, end - brace));
      return end_of_line(end);
    }
    const std::size_t end = next_label(line.end);
    add_call(tool, without_fence(text_.substr(line.value, end - line.value)));
    return end;
  }

  std::size_t take_object(std::size_t brace) {
    const std::size_t end = object_end(text_, brace).value_or(text_.size());
    const auto object = to_object(text_.substr(brace, end - brace));
    const ReplyJson json = object ? parse_reply(*object) : ReplyJson();
    if (!add_object(json)) complain(sentence_of(prompts::complaints, "no_action"));
    return end_of_line(end);
  }

  /// A reply without labels may be the call itself: {"name": …, "arguments": {…}}, in tags or fences or not.
  void read_bare_object() {
    const std::size_t brace = text_.find('{');
    if (brace == std::string_view::npos) return;
    const std::size_t end = object_end(text_, brace).value_or(text_.size());
    const auto object = to_object(text_.substr(brace, end - brace));
    if (object && add_object(parse_reply(*object)))
      reading_.thought = text_.substr(0, std::min(brace, text_.find_first_of("<`")));
  }

  bool add_object(const ReplyJson& json) {
    const ReplyJson* function = first_of(json, {"function"});
    const ReplyJson& call = function != nullptr && function->is_object() ? *function : json;
    const ReplyJson* name = first_of(call, {"action", "name", "tool", "tool_name"});
    const ReplyJson* input =
        first_of(call, {"action_input", "arguments", "input", "parameters", "args", "tool_input"});
    if (name == nullptr || !name->is_string()) return false;
    const std::string text = input == nullptr     ? "{}"
                             : input->is_string() ? input->get<std::string>()
                                                  : dump_reply(*input);
    if (plain_word(name->get<std::string>()) == "final answer")
      reading_.answer = text;
    else
      add_call(*name, text);
    return true;
  }

  void add_call(const std::string& tool, std::string_view input) {
    auto arguments = to_object(input);
    if (!arguments && is_blank(input)) arguments = "{}";
    if (!arguments && !input.starts_with('{')) arguments = as_only_argument(tool, input);
    if (arguments)
      reading_.calls.push_back({"", tool, *arguments});
    else
      reading_.complaint = fill(sentence_of(prompts::complaints, "bad_input"), {{"tool", tool}});
  }

  /// A bare text for a tool that takes one text.
  std::optional<std::string> as_only_argument(const std::string& tool, std::string_view input) const {
    const auto spec =
        std::find_if(tools_.begin(), tools_.end(), [&](const auto& t) { return t.name == tool; });
    if (spec == tools_.end()) return std::nullopt;
    const ReplyJson schema = parse_reply(spec->parameters);
    const ReplyJson* properties = find(schema, "properties");
    const ReplyJson* required = find(schema, "required");
    if (properties == nullptr || required == nullptr || required->size() != 1) return std::nullopt;
    const std::string name = required->front().is_string() ? required->front().get<std::string>() : "";
    const ReplyJson* property = find(*properties, name.c_str());
    if (property == nullptr || text_of(*property, "type") != "string") return std::nullopt;
    return dump_reply(ReplyJson{{name, std::string(trimmed(input, " \t\r\n\"'`"))}});
  }

  void complain(std::string_view sentence) {
    if (reading_.complaint.empty()) reading_.complaint = fill(sentence, {{"tool", open_.value_or("")}});
    open_.reset();
  }

  std::size_t next_label(std::size_t at) const {
    while (at < text_.size()) {
      const Line line = line_at(text_, at);
      if (line.label != Label::None) return at;
      at = line.end;
    }
    return text_.size();
  }
  std::size_t end_of_line(std::size_t at) const {
    return std::min(text_.find('\n', at), text_.size() - 1) + 1;
  }

  std::string_view text_;
  std::span<const ToolSpec> tools_;
  std::optional<std::string> open_;  ///< the action that waits for its input
  Reading reading_;
};

/// Behind the thoughts that a reasoning model shows in its text.
std::size_t after_thinking(std::string_view text) {
  constexpr std::string_view kEnd = "</think>";
  const std::size_t end = text.find(kEnd);
  return end == std::string_view::npos ? 0 : end + kEnd.size();
}

}  // namespace

ModelReplied read_text_reply(ModelReplied reply, std::span<const ToolSpec> tools) {
  const std::string_view text = std::string_view(reply.text).substr(after_thinking(reply.text));
  Reading reading = Reader(text, tools).read();
  if (!reading.complaint.empty()) {
    reply.rejected = "malformed";
    reply.complaint = std::move(reading.complaint);
    reading.calls.clear();
    reading.end = text.size();
  }
  reply.provider_content = nlohmann::json(trimmed(text.substr(0, reading.end))).dump();
  reply.calls = std::move(reading.calls);
  reply.text = reading.answer ? *reading.answer : std::string(trimmed(reading.thought));
  return reply;
}

}  // namespace agentd
