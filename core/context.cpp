#include "core/context.h"

#include <algorithm>

#include "core/request.h"
#include "core/sentences.h"
#include "core/text.h"
#include "prompts.h"

namespace agentd {

namespace {

// Shares of the window, in percent.
constexpr std::int64_t kClearAt = 40;     // old results go,
constexpr std::int64_t kClearLeast = 40;  // if as much of the request goes with them,
constexpr std::int64_t kKept = 20;        // but for the last ones
constexpr std::int64_t kSummariseAt = 60;
constexpr std::int64_t kTail = 10;     // what a summary leaves as it is
constexpr std::int64_t kSaid = 10;     // what people said, word for word
constexpr std::int64_t kSummary = 20;  // what else there is of it

constexpr std::int64_t kUsualWindow = 200'000;  // tokens, where the task does not say
constexpr std::size_t kBytesPerToken = 3;       // a cautious guess; in most texts it is four
constexpr std::size_t kKeptResults = 6;
constexpr std::size_t kSmallResult = 400;  // bytes: not worth a cut
constexpr std::int64_t kSoon = 3;          // steps
constexpr std::int64_t kMostInARow = 2;    // each soon after the one before
constexpr std::int64_t kMostOverflows = 4;

std::int64_t window_of(const State& state, std::int64_t fallback) {
  const std::int64_t told = model_setup(state.task, fallback).context_tokens.value_or(kUsualWindow);
  const auto narrow = state.narrow_windows.find(fallback);
  return narrow == state.narrow_windows.end() ? told : std::min(told, narrow->second);
}

std::int64_t size_of(const State& state) {
  const RequestSize size = request_size(state);
  return size.known + size.added * 4 / static_cast<std::int64_t>(kBytesPerToken);
}

std::size_t bytes_of(const Message& message) {
  std::size_t bytes = message.text.size();
  for (const ToolCall& call : message.calls) bytes += call.name.size() + call.arguments.size();
  return std::max(bytes, message.provider_content.size());
}

/// Of a person, to a question.
bool is_answer(const Message& message) {
  return message.role == Role::Tool && !message.is_error && message.call.name == "ask";
}

bool can_be_cleared(const Message& message) {
  return message.role == Role::Tool && !message.is_error && !is_answer(message) &&
         message.text.size() > kSmallResult;
}

/// In bytes of text.
std::size_t share_of(std::int64_t window, std::int64_t percent) {
  return static_cast<std::size_t>(std::max<std::int64_t>(window * percent / 100, 1)) * kBytesPerToken;
}

/// The messages up to the last few results; what one reply asked for stays or goes as a whole.
std::size_t clear_until(const State& state, std::int64_t window) {
  const std::vector<Message>& all = state.transcript;
  const std::size_t room = share_of(window, kKept), most = state.overflows > 0 ? 2 : kKeptResults;
  std::size_t until = all.size(), results = 0, bytes = 0;
  for (; until > 1; --until) {
    const Message& message = all[until - 1];
    const bool is_result = message.role == Role::Tool;
    if (!is_result && (results >= most || bytes >= room)) break;
    results += is_result ? 1 : 0;
    bytes += is_result ? message.text.size() : 0;
  }
  return until;
}

/// In tokens.
std::int64_t clearable(const State& state, std::size_t until) {
  std::size_t bytes = 0;
  for (std::size_t i = 1; i < until; ++i)
    if (can_be_cleared(state.transcript[i])) bytes += state.transcript[i].text.size() - kSmallResult / 2;
  return static_cast<std::int64_t>(bytes / kBytesPerToken);
}

Decision clear(const State& state, std::int64_t size, std::int64_t window) {
  const std::size_t until = clear_until(state, window);
  const std::int64_t freed = clearable(state, until);
  if (freed * 100 < size * kClearLeast || state.overflows > 1) return std::nullopt;
  return Append{{Compacted{.messages = static_cast<std::int64_t>(until),
                           .cleared = std::string(sentence_of(prompts::context, "cleared")),
                           .kept = std::string(sentence_of(prompts::context, "kept"))}}};
}

/// Where the tail begins: never between a call and its result, and never before the second message.
std::size_t tail_begin(const State& state, std::int64_t window) {
  const std::size_t room = share_of(window, kTail) >> state.overflows;
  const std::vector<Message>& all = state.transcript;
  std::size_t begin = all.size(), bytes = 0;
  while (begin > 1 && bytes + bytes_of(all[begin - 1]) <= room) bytes += bytes_of(all[--begin]);
  while (begin < all.size() && all[begin].role == Role::Tool) ++begin;
  return begin;
}

/// The last lines of them, where there is no room for all.
std::string last_lines(const std::string& text, std::string_view begin_of_line, std::size_t room) {
  if (text.size() <= room) return text;
  const std::size_t begin = text.find(begin_of_line, text.size() - room);
  return begin != std::string::npos ? text.substr(begin) : cut_middle(text, room, "…");
}

/// With what earlier summaries kept of it. A changed goal is pinned instead.
std::string said_by_people(const State& state, std::size_t until, std::size_t room) {
  std::string said = state.summarised_words;
  for (std::size_t i = 1; i < until; ++i) {
    const Message& message = state.transcript[i];
    const bool is_said =
        message.role == Role::User && !message.is_summary && message.text != state.changed_goal;
    if (is_said || is_answer(message)) said += "\n\n> " + message.text;
  }
  return last_lines(said, "\n\n> ", room);
}

/// What the model wrote of it.
std::string earlier_summary(const State& state, std::size_t until) {
  if (until < 2 || !state.transcript[1].is_summary) return {};
  std::string text = state.transcript[1].text;
  const std::size_t said = text.rfind(state.summarised_words);
  if (said != std::string::npos) text.erase(said, state.summarised_words.size());
  return text + "\n\n";
}

/// In place of a summary that the model cannot write: the one before, what it called since, and how each
/// result begins.
std::string listing(const State& state, std::size_t until, std::size_t room) {
  constexpr std::size_t kShort = 200;
  const std::string earlier = cut_middle(earlier_summary(state, until), room * 2 / 3, "…");
  std::string list;
  for (std::size_t i = 1; i < until; ++i) {
    const Message& message = state.transcript[i];
    const std::string text = cut_middle(message.text, kShort, "…");
    if (message.role == Role::Tool) list += "\n- result: " + text;
    if (message.role == Role::Assistant && !text.empty()) list += "\n- said: " + text;
    for (const ToolCall& call : message.calls)
      list += "\n- called " + call.name + " " + cut_middle(call.arguments, kShort, "…");
  }
  return earlier + std::string(sentence_of(prompts::context, "listing")) +
         last_lines(list, "\n- ", room - earlier.size());
}

bool can_make_room(const State& state) {
  return state.overflows < kMostOverflows && tail_begin(state, 0) > 2;
}

/// Beside the goal that the run began with, once it stands nowhere else.
void pin_changed_goal(State& state) {
  const auto tells = [&](const Message& message) { return message.text == state.changed_goal; };
  if (state.changed_goal.empty() || !state.said.empty()) return;
  if (std::any_of(state.transcript.begin(), state.transcript.end(), tells)) return;
  state.transcript.front().text += "\n\n" + std::exchange(state.changed_goal, {});
}

}  // namespace

bool apply_too_long(State& state, std::int64_t fallback) {
  if (!can_make_room(state)) return false;
  const RequestSize size = request_size(state);
  // A provider that calls little what is too much does not count as others do.
  const std::int64_t tokens = std::max(size.known + size.added, estimated_tokens(state, 0));
  const auto narrow = state.narrow_windows.try_emplace(fallback, tokens).first;
  narrow->second = std::min(narrow->second, tokens);
  ++state.overflows;
  state.is_too_long = true;
  return true;
}

Decision make_room(const State& state, std::int64_t fallback) {
  const std::int64_t window = window_of(state, fallback);
  const std::int64_t size = size_of(state);
  if (!state.is_too_long && size * 100 <= window * kClearAt) return std::nullopt;
  if (Decision cleared = clear(state, size, window)) return cleared;
  if (!state.is_too_long && size * 100 <= window * kSummariseAt) return std::nullopt;
  const bool can_help = can_make_room(state);
  if (can_help && state.quick_summaries < kMostInARow) return Summarise{fallback};
  if (!state.is_too_long && (!can_help || size <= window)) return std::nullopt;  // it may fit
  return Append{
      {Failed{"context",
              "the model's context (" + std::to_string(window) +
                  " tokens) is full, and a summary frees too little or is full again at once: let tools "
                  "say less, or raise model.context_tokens where the model takes more",
              true}}};
}

void apply_compacted(State& state, const Compacted& event) {
  std::vector<Message>& all = state.transcript;
  const auto until = std::clamp<std::size_t>(static_cast<std::size_t>(event.messages), 1, all.size());
  if (event.summary.empty()) {
    for (std::size_t i = 1; i < until; ++i) {
      Message& message = all[i];
      if (!can_be_cleared(message)) continue;
      message.text = fill(message.output.empty() ? event.cleared : event.kept,
                          {{"tool", message.call.name},
                           {"bytes", std::to_string(message.text.size())},
                           {"output", message.output}});
    }
  } else {
    state.quick_summaries =
        state.summarised_at > 0 && state.step - state.summarised_at < kSoon ? state.quick_summaries + 1 : 0;
    state.summarised_at = state.step;
    state.summarised_words = event.said;
    const auto end = all.begin() + static_cast<std::ptrdiff_t>(until);
    state.summarised_results +=
        std::count_if(all.begin() + 1, end, [](const Message& m) { return m.role == Role::Tool; });
    all.erase(all.begin() + 1, end);
    all.insert(all.begin() + 1, {.role = Role::User, .text = event.summary, .is_summary = true});
    pin_changed_goal(state);
  }
  state.is_too_long = false;
  state.counted_tokens = 0;
  state.counted_messages = 0;
}

SummaryRequest::SummaryRequest(const State& state, std::int64_t fallback)
    : state_(state),
      fallback_(fallback),
      until_(tail_begin(state, window_of(state, fallback))),
      messages_(state.transcript) {
  if (state.overflows > 0) shorten();
  messages_.push_back({.role = Role::User, .text = std::string(prompts::summarise)});
}

/// All get the same room, so that each says at least a little; less every time.
void SummaryRequest::shorten() {
  constexpr std::size_t kLeast = 80;
  const std::size_t longest = std::max(kLeast, (room(50) >> (state_.overflows - 1)) / messages_.size());
  for (Message& message : messages_) {
    message.text = cut_middle(message.text, longest, "…");
    message.provider_content.clear();
    for (ToolCall& call : message.calls)
      if (call.arguments.size() > longest) call.arguments = "{}";
  }
}

ModelRequest SummaryRequest::request() const {
  ModelRequest request = make_request(state_, fallback_);
  request.messages = messages_;
  request.answer_schema = {};
  request.wants_summary = true;
  return request;
}

Event SummaryRequest::outcome(const ModelReplied& reply) const {
  const bool is_summary = !reply.text.empty() && reply.calls.empty();
  if (!is_summary && !has_been_empty())
    return ModelFailed{.reason = "empty",
                       .message = "the model was asked for a summary of its work and wrote none",
                       .retryable = true,
                       .usage = reply.usage,
                       .cost_usd = reply.cost_usd,
                       .fallback = fallback_};
  Compacted compacted = compact(is_summary ? cut_middle(reply.text, room(kSummary), "…")
                                           : listing(state_, until_, room(kSummary)));
  compacted.usage = reply.usage;
  compacted.cost_usd = reply.cost_usd;
  compacted.model = reply.model;
  compacted.duration_ms = reply.duration_ms;
  return compacted;
}

Event SummaryRequest::outcome(ModelFailed failure) const {
  failure.fallback = fallback_;
  const bool is_empty = failure.reason == "empty" && has_been_empty();
  if (!is_final(failure) && !is_empty && failure.reason != "bad_request") return failure;
  Compacted compacted = compact(listing(state_, until_, room(kSummary)));
  compacted.usage = failure.usage;
  compacted.cost_usd = failure.cost_usd;
  return compacted;
}

bool SummaryRequest::has_been_empty() const {
  return state_.failure && state_.failure->reason == "empty";
}

Compacted SummaryRequest::compact(const std::string& summary) const {
  const std::string said = said_by_people(state_, until_, room(kSaid));
  return {.messages = static_cast<std::int64_t>(until_),
          .summary = fill(prompts::summary, {{"summary", summary}, {"said", said}}),
          .said = said,
          .fallback = fallback_};
}

std::size_t SummaryRequest::room(std::int64_t percent) const {
  return share_of(window_of(state_, fallback_), percent);
}

}  // namespace agentd
