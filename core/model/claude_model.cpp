#include "core/model/claude_model.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "core/model/history.h"

namespace agentd {
namespace {

using nlohmann::json;
using Thinking = ClaudeModel::Thinking;

/// The least that Claude takes for a budget.
constexpr std::int64_t kMinBudget = 1024;
constexpr int kNewest = 9900;

/// What each generation takes, by its last version. From 4.6 on the model itself decides how much to think,
/// and from 4.7 on a budget is refused; before 4.6 an effort is. The newest think without being asked, and of
/// a lower limit little might be left for the answer.
constexpr ClaudeModel kGenerations[] = {
    {0, Thinking::Budget, false, false, 8192},  // others behind the same format know the older form
    {304, Thinking::None, false, false, 4096},    {306, Thinking::None, false, false, 8192},
    {404, Thinking::Budget, false, false, 8192},  {405, Thinking::Budget, true, false, 8192},
    {499, Thinking::Adaptive, true, false, 8192}, {kNewest, Thinking::Adaptive, true, true, 32000},
};

/// The words of a name from "claude" on. What follows a colon is the release of a form, or a wish.
std::vector<std::string_view> name_words(std::string_view name) {
  std::vector<std::string_view> words;
  name.remove_prefix(std::min(name.find("claude"), name.size()));
  name = name.substr(0, name.find(':'));
  while (!name.empty()) {
    const std::size_t end = std::min(name.find_first_of("-._@/"), name.size());
    words.push_back(name.substr(0, end));
    name.remove_prefix(std::min(end + 1, name.size()));
  }
  return words;
}

/// Longer numbers are dates.
std::optional<int> version_number(std::string_view word) {
  int value = 0;
  const auto [stop, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc() || stop != word.data() + word.size() || word.size() > 2) return {};
  return value;
}

/// claude-opus-4-5-20251101 is 4.5, claude-3-7-sonnet-latest 3.7, claude-opus-4-20250514 4.0.
int version_of(std::string_view name) {
  const std::vector<std::string_view> words = name_words(name);
  if (words.empty()) return 0;
  // The first ones: claude-v2, claude-instant-v1.
  if (words.size() > 1 && (words[1] == "instant" || words[1].starts_with('v'))) return 100;
  const auto major = std::find_if(words.begin(), words.end(),
                                  [](std::string_view word) { return version_number(word).has_value(); });
  if (major == words.end()) return kNewest;
  const auto minor = major + 1 == words.end() ? std::nullopt : version_number(major[1]);
  return *version_number(*major) * 100 + minor.value_or(0);
}

/// In either form that such content has.
bool begins_with_thinking(std::string_view content) {
  const json blocks = json::parse(content, nullptr, false);
  if (!blocks.is_array() || blocks.empty() || !blocks[0].is_object()) return false;
  const json type = blocks[0].value("type", json());
  return type == "thinking" || type == "redacted_thinking" || blocks[0].contains("reasoningContent");
}

/// With a budget, a request is refused whose turn under way does not begin with thinking, as it goes out.
/// (Later replies of a turn have none.) A turn lasts from what a person said to the answer: results do not
/// end it.
bool may_think(const ModelRequest& request, std::string_view provider) {
  const std::vector<Turn> turns = to_turns(request.messages);
  const auto is_person = [](const Turn& turn) {
    return !turn.is_reply && std::none_of(turn.messages.begin(), turn.messages.end(),
                                          [](const Message& message) { return message.role == Role::Tool; });
  };
  const auto begin = std::find_if(turns.rbegin(), turns.rend(), is_person).base();
  if (begin == turns.end()) return true;
  CallIds ids(provider);  // which know what is repeated from the first message on
  for (std::size_t i = 0; i < begin->position; ++i) ids.begin_reply(request.messages[i], i);
  const Message& reply = begin->messages.front();
  return is_echoed(reply, ids.begin_reply(reply, begin->position), provider, request.setup.name) &&
         begins_with_thinking(reply.provider_content);
}

/// Tokens. 0: not to think.
std::int64_t usual_budget(std::string_view reasoning) {
  return reasoning == "low" ? 2048 : reasoning == "medium" ? 8192 : reasoning == "high" ? 16384 : 0;
}

}  // namespace

ClaudeModel claude_model(std::string_view name) {
  const int version = version_of(name);
  ClaudeModel model = *std::find_if(std::begin(kGenerations), std::prev(std::end(kGenerations)),
                                    [&](const ClaudeModel& last) { return version <= last.version; });
  model.version = version;
  return model;
}

ClaudeThinking claude_thinking(const ModelRequest& request, std::string_view provider) {
  const ClaudeModel model = claude_model(request.setup.name);
  const std::optional<std::int64_t> limit = request.setup.max_output_tokens;
  const std::int64_t budget = usual_budget(request.setup.reasoning);
  const ClaudeThinking without{Thinking::None, 0, limit.value_or(model.usual_tokens)};
  if (budget == 0 || model.thinking == Thinking::None) return without;
  // What is thought counts as output; of a limit that the task sets, half is left for the answer.
  const std::int64_t most = limit ? std::max(*limit / 2, kMinBudget) : budget;
  const ClaudeThinking with{model.thinking, std::min(budget, most),
                            limit.value_or(model.usual_tokens + budget)};
  if (model.thinking == Thinking::Adaptive) return with;
  return with.budget < with.max_tokens && may_think(request, provider) ? with : without;
}

}  // namespace agentd
