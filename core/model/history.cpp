#include "core/model/history.h"

#include <algorithm>

#include "core/model/body_writer.h"

namespace agentd {
namespace {

/// What every provider takes for an id.
bool is_plain(std::string_view id) {
  constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
  return !id.empty() && id.size() <= 64 && id.find_first_not_of(kAlphabet) == std::string_view::npos;
}

}  // namespace

std::vector<Turn> to_turns(std::span<const Message> messages) {
  std::vector<Turn> turns;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const bool is_reply = messages[i].role == Role::Assistant;
    if (turns.empty() || turns.back().is_reply != is_reply) turns.push_back({is_reply, {}, i});
    turns.back().messages = messages.subspan(turns.back().position, i + 1 - turns.back().position);
  }
  return turns;
}

bool has_own_content(const Message& reply, std::string_view provider, std::string_view model) {
  const std::string_view content = reply.provider_content;
  return reply.provider == provider && (reply.model.empty() || reply.model == model) &&
         content.starts_with("[{") && content.ends_with("}]");
}

bool is_echoed(const Message& reply, const std::vector<std::string>& ids, std::string_view provider,
               std::string_view model) {
  const auto is_unchanged = [](const ToolCall& call, const std::string& id) {
    return call.provider_id == id && safe_name(call.name) == call.name;
  };
  return has_own_content(reply, provider, model) &&
         std::equal(reply.calls.begin(), reply.calls.end(), ids.begin(), ids.end(), is_unchanged);
}

std::vector<std::size_t> cache_marks(std::span<const Turn> turns) {
  std::vector<std::size_t> marks;
  const auto last_reply =
      std::find_if(turns.rbegin(), turns.rend(), [](const Turn& turn) { return turn.is_reply; });
  const auto before = static_cast<std::size_t>(turns.rend() - last_reply);  // position of the reply + 1
  if (before >= 2) marks.push_back(before - 2);
  if (!turns.empty()) marks.push_back(turns.size() - 1);
  return marks;
}

const std::vector<std::string>& CallIds::begin_reply(const Message& reply, std::size_t position) {
  open_.clear();
  next_ = 0;
  for (std::size_t i = 0; i < reply.calls.size(); ++i) open_.push_back(unique_id(reply, i, position));
  return open_;
}

std::string CallIds::next_result(const Message& result) {
  return next_ < open_.size() ? open_[next_++] : result.call.provider_id;
}

std::string CallIds::unique_id(const Message& reply, std::size_t index, std::size_t position) {
  const bool foreign = !reply.provider.empty() && reply.provider != provider_;
  std::string id = foreign ? std::string() : reply.calls[index].provider_id;
  if (!is_plain(id) || used_.contains(id))
    id = "call_" + std::to_string(position) + "_" + std::to_string(index + 1);
  while (!used_.insert(id).second) id += '_';
  return id;
}

}  // namespace agentd
