#include "cli/narrate.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "core/json_text.h"
#include "core/text.h"

namespace agentd {

namespace {

constexpr std::string_view kIndent = "    ";
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

/// Of valid UTF-8 characters: C0 (but line ends), DEL, C1, and those that turn the direction of writing.
bool is_harmful(std::string_view character) {
  static const std::set<std::string_view> kTurning{"\u061C", "\u200E", "\u200F", "\u202A", "\u202B",
                                                   "\u202C", "\u202D", "\u202E", "\u2028", "\u2029",
                                                   "\u2066", "\u2067", "\u2068", "\u2069"};
  const auto byte = static_cast<unsigned char>(character[0]);
  if (character.size() == 1) return (byte < 0x20 && byte != '\n') || byte == 0x7F;
  return (byte == 0xC2 && static_cast<unsigned char>(character[1]) < 0xA0) || kTurning.contains(character);
}

std::size_t length_of(char lead) {
  const auto byte = static_cast<unsigned char>(lead);
  return byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

std::string cut(std::string text, std::size_t limit) {
  if (text.size() <= limit) return text;
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xC0U) == 0x80U) --limit;
  return text.substr(0, limit) + "…";
}

std::string bracketed(const std::string& name) {
  return std::string("[").append(name).append("] ");
}

std::string joined(const std::string& left, const std::string& right) {
  return left.empty() || right.empty() ? left + right : left + ": " + right;
}

std::string reply_summary(const ModelReplied& e) {
  std::string text = !e.rejected.empty() ? e.rejected : e.calls.empty() ? "answers" : "";
  for (const ToolCall& call : e.calls)
    text += (text.empty() ? "" : ", ") + one_line(call.name) + "(" + short_arguments(call.arguments) + ")";
  if (!e.text.empty()) text.append(" \"").append(one_line(e.text)).append("\"");
  if (e.fallback != 0) text.append(" by fallback ").append(std::to_string(e.fallback));
  if (e.cached) return text + " [from the cache]";
  return text + " [" + std::to_string(e.usage.total() - e.usage.output) + " tokens in, " +
         std::to_string(e.usage.output) + " out]";
}

std::string name_of(const ModelReplied& e) {
  return one_line(e.provider + (e.model.empty() ? "" : "/" + e.model));
}

std::string failure_summary(const ModelFailed& e) {
  std::string text = joined(one_line(e.reason), one_line(e.message, 400));
  if (e.retry_after_ms) return text + " (to be tried again in " + format_duration(*e.retry_after_ms) + ")";
  return text + (e.retryable ? " (to be tried again)" : "");
}

std::string suspension_summary(const Suspended& e) {
  const std::string text = joined(one_line(e.reason), one_line(e.message, 400));
  return text + (e.resume_at_ms ? ", until " + format_time(*e.resume_at_ms) : "");
}

/// At most `most` lines of the text, indented.
std::vector<Line> block(std::string_view text, Tone tone, std::size_t most) {
  std::vector<Line> lines;
  const std::string clean = printable(text);
  for (std::size_t at = 0; at < clean.size();) {
    if (lines.size() == most) {
      lines.push_back({tone, std::string(kIndent).append("…")});
      break;
    }
    const std::size_t end = std::min(clean.find('\n', at), clean.size());
    lines.push_back({tone, std::string(kIndent).append(cut(clean.substr(at, end - at), 400))});
    at = end + 1;
  }
  return lines;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  const std::string valid = to_valid_utf8(text);
  for (std::size_t at = 0; at < valid.size();) {
    const std::string_view character = std::string_view(valid).substr(at, length_of(valid[at]));
    at += character.size();
    if (character == "\t")
      out += ' ';
    else if (character == "\r" && valid[std::min(at, valid.size() - 1)] == '\n')
      continue;
    else
      out += is_harmful(character) ? kReplacement : character;
  }
  return out;
}

std::string one_line(std::string_view text, std::size_t limit) {
  constexpr std::size_t kEnough = 4;  // bytes a character at most
  std::string line = printable(text.substr(0, (limit + 1) * kEnough));
  line.erase(line.find_last_not_of(" \n") + 1);
  std::replace(line.begin(), line.end(), '\n', ' ');
  return cut(std::move(line), limit);
}

std::string short_arguments(const std::string& arguments) {
  if (!is_json_object(arguments)) return one_line(arguments);  // too deep to be printed, maybe
  const auto json = nlohmann::ordered_json::parse(arguments, nullptr, false);
  std::string text;
  for (const auto& [key, value] : json.items()) {
    if (!text.empty()) text += ", ";
    if (json.size() > 1) text += key + "=";
    text += value.is_string() ? value.get<std::string>() : value.dump();
  }
  return one_line(text);
}

std::string_view word_for(Outcome outcome) {
  constexpr std::array<std::string_view, 4> kWords{"ok", "error", "denied", "unknown"};
  return kWords.at(static_cast<std::size_t>(outcome));
}

std::string facts_of(const ToolFinished& e) {
  return std::string(word_for(e.result.outcome)) + ", " + std::to_string(e.result.text.size()) + " B, " +
         std::to_string(e.duration_ms) + " ms";
}

std::string compaction_summary(const Compacted& e) {
  const std::string messages = std::to_string(e.messages) + " messages";
  if (e.summary.empty()) return "long results are cleared from " + messages;
  return messages + " are summarised, for " + std::to_string(e.usage.total()) + " tokens";
}

std::string summary_of(const Event& event) {
  return std::visit(
      overloaded{[](const RunStarted& e) { return one_line(e.goal); },
                 [](const InvocationStarted& e) { return one_line(e.host) + " " + std::to_string(e.pid); },
                 [](const ModelReplied& e) { return reply_summary(e); },
                 [](const ModelFailed& e) { return failure_summary(e); },
                 [](const ToolStarted& e) { return to_string(e.call) + " " + one_line(e.tool); },
                 [](const ToolFinished& e) {
                   return joined(to_string(e.call) + " " + facts_of(e), one_line(e.result.text));
                 },
                 [](const ApprovalRequested& e) { return to_string(e.call) + " " + one_line(e.tool); },
                 [](const ApprovalGiven& e) {
                   return joined(to_string(e.call) + (e.approved ? " approved" : " denied"), one_line(e.why));
                 },
                 [](const QuestionAsked& e) { return joined(to_string(e.call), one_line(e.question, 400)); },
                 [](const TimerSet& e) { return to_string(e.call) + " until " + format_time(e.until_ms); },
                 [](const UserSaid& e) { return one_line(e.text); },
                 [](const TaskUpdated& e) { return one_line(e.note); },
                 [](const Recalled& e) { return std::to_string(e.notes.size()) + " notes of " + e.name; },
                 [](const Compacted& e) { return compaction_summary(e); },
                 [](const Suspended& e) { return suspension_summary(e); },
                 [](const Completed& e) { return one_line(e.result); },
                 [](const Failed& e) { return joined(one_line(e.reason), one_line(e.message, 400)); },
                 [](const Cancelled&) { return std::string(); },
                 [](const LimitReached& e) { return joined(one_line(e.limit), one_line(e.message, 400)); }},
      event);
}

std::string Narrator::busy() const {
  if (started_.empty()) return works_ ? "model" : "";
  if (started_.size() > 1) return std::to_string(started_.size()) + " tools";
  return one_line(started_.begin()->second, 40);
}

std::vector<Line> Narrator::tell_reply(const Record& record, const ModelReplied& reply) {
  asked_.clear();
  std::int64_t index = 0;
  for (const ToolCall& call : reply.calls) asked_[{record.step, ++index}] = call;
  std::vector<Line> lines;
  const bool is_answer = reply.calls.empty() && reply.rejected.empty();  // goes to stdout
  if (!is_answer) lines = block(reply.text, Tone::Plain, detail_ == Detail::Full ? 200 : 8);
  if (!lines.empty()) lines.front().text.replace(0, kIndent.size(), bracketed(std::to_string(record.step)));
  if (reply.fallback != std::exchange(fallback_, reply.fallback))
    lines.insert(lines.begin(), {Tone::Quiet, name_of(reply) + " replies now"});
  if (!reply.rejected.empty())
    lines.push_back({Tone::Bad, "the reply is no good: " + one_line(reply.complaint, 400)});
  return lines;
}

std::vector<Line> Narrator::tell_result(const ToolFinished& e) {
  started_.erase(e.call);
  const Tone tone = e.result.outcome == Outcome::Ok ? Tone::Quiet : Tone::Bad;
  const std::string head = bracketed(to_string(e.call)) + facts_of(e);
  if (detail_ == Detail::Brief) return {{tone, joined(head, one_line(e.result.text))}};
  std::vector<Line> lines = block(e.result.text, tone, 40);
  lines.insert(lines.begin(), {tone, head});
  return lines;
}

std::vector<Line> Narrator::tell_start(const ToolStarted& e) {
  started_[e.call] = e.tool;
  std::string text = bracketed(to_string(e.call)).append(one_line(e.tool));
  if (const auto asked = asked_.find(e.call); asked != asked_.end())
    text.append(" ").append(short_arguments(asked->second.arguments));
  return {{Tone::Plain, std::move(text)}};
}

std::vector<Line> Narrator::tell_request(const ApprovalRequested& e) {
  works_ = false;
  std::string text = bracketed(to_string(e.call)) + "needs approval: " + one_line(e.tool);
  if (const auto asked = asked_.find(e.call); asked != asked_.end())
    text.append(" ").append(short_arguments(asked->second.arguments));
  return {{Tone::Plain, std::move(text)}};
}

std::vector<Line> Narrator::tell_begin(const Record& record) {
  works_ = true;
  if (record.step == 0) return {};
  return {{Tone::Quiet, "goes on after step " + std::to_string(record.step)}};
}

std::vector<Line> Narrator::tell(const Record& record) {
  using Lines = std::vector<Line>;
  const auto say = [&](const char* word, Tone tone) {
    return Lines{{tone, joined(word, summary_of(record.event))}};
  };
  const auto end = [&](const char* word, Tone tone) {
    works_ = false;
    started_.clear();
    return say(word, tone);
  };
  return std::visit(
      overloaded{[&](const RunStarted& e) { return say(("run " + one_line(e.run)).c_str(), Tone::Plain); },
                 [&](const InvocationStarted&) { return tell_begin(record); },
                 [&](const ModelReplied& e) { return tell_reply(record, e); },
                 [&](const ModelFailed&) { return say("model call failed", Tone::Bad); },
                 [&](const ToolStarted& e) { return tell_start(e); },
                 [&](const ToolFinished& e) { return tell_result(e); },
                 [&](const ApprovalRequested& e) { return tell_request(e); },
                 [&](const ApprovalGiven&) { return say("a person decides", Tone::Plain); },
                 [&](const QuestionAsked& e) {
                   started_.erase(e.call);
                   works_ = false;
                   return say("a question", Tone::Plain);
                 },
                 [&](const TimerSet& e) {
                   started_.erase(e.call);
                   return say("waits", Tone::Quiet);
                 },
                 [&](const UserSaid&) {
                   works_ = true;
                   return say("a person says", Tone::Plain);
                 },
                 [&](const TaskUpdated&) { return say("the task has changed", Tone::Plain); },
                 [&](const Recalled&) { return say("remembers", Tone::Quiet); },
                 [&](const Compacted&) { return say("room is made", Tone::Quiet); },
                 [&](const Suspended&) { return end("suspended", Tone::Plain); },
                 [&](const Completed&) {
                   end("completed", Tone::Quiet);
                   return Lines{};  // the answer goes to stdout
                 },
                 [&](const Failed&) { return end("failed", Tone::Bad); },
                 [&](const Cancelled&) { return end("cancelled", Tone::Bad); },
                 [&](const LimitReached&) { return end("limit reached", Tone::Bad); }},
      record.event);
}

}  // namespace agentd
