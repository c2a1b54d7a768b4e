#include "core/children.h"

#include <algorithm>

#include "core/text.h"

namespace agentd {

namespace {

bool is_open_child(const State& state, const CallState& call) {
  return !state.checking && call.status == CallStatus::Started && has_agent(state.task, call.call.name);
}

template <class N>
std::optional<N> smaller(const std::optional<N>& one, const std::optional<N>& other) {
  if (!one || !other) return one ? one : other;
  return std::min(*one, *other);
}

}  // namespace

std::string child_id(const std::string& parent, const CallId& call) {
  constexpr std::size_t kLongest = 100;
  constexpr std::size_t kHash = 16;
  std::string id = parent + "." + to_string(call);
  if (id.size() > kLongest) id = id.substr(0, kLongest - kHash - 1) + "-" + hash_hex(id);
  return id;
}

bool has_agent(const Task& task, std::string_view tool) {
  const auto& tools = task.tools;
  return std::any_of(tools.begin(), tools.end(),
                     [&](const ToolSetup& setup) { return setup.kind == "agent" && setup.name == tool; });
}

std::vector<std::string> open_children(const State& state) {
  std::vector<std::string> ids;
  for (const CallState& call : state.calls)
    if (is_open_child(state, call)) ids.push_back(child_id(state.run, call.id));
  return ids;
}

std::vector<std::string> disowned_children(const State& state, const Task& task) {
  std::vector<std::string> ids;
  for (const CallState& call : state.calls)
    if (is_open_child(state, call) && !has_agent(task, call.call.name))
      ids.push_back(child_id(state.run, call.id));
  return ids;
}

Grant grant_for_child(const State& state, const Now& now) {
  const auto count = static_cast<std::int64_t>(open_children(state).size());
  const Limits& limits = state.task.limits;
  Grant grant{smaller(limits.tokens, now.grant.tokens), smaller(limits.cost_usd, now.grant.cost_usd),
              now.grant.until_ms};
  if (count == 0) return grant;
  if (grant.tokens) grant.tokens = std::max<std::int64_t>(0, *grant.tokens - state.usage.total()) / count;
  if (grant.cost_usd)
    grant.cost_usd = std::max(0.0, *grant.cost_usd - state.cost_usd.value_or(*grant.cost_usd)) /
                     static_cast<double>(count);
  if (limits.duration_ms)
    grant.until_ms = smaller(grant.until_ms, std::optional(state.started_at_ms + *limits.duration_ms));
  return grant;
}

}  // namespace agentd
