#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "core/message.h"

namespace agentd {

/// The transcript as providers see it.

/// Messages of one side in a row: a reply, or results and what people said. Providers that want the roles to
/// alternate get one message for each.
struct Turn {
  bool is_reply = false;
  std::span<const Message> messages;
  std::size_t position = 0;  ///< of its first message in the transcript
};
std::vector<Turn> to_turns(std::span<const Message> messages);

/// Whether a reply has content that goes back to `provider` as it came: what one model hides (thinking,
/// signatures, encrypted reasoning) is no other one's business, and refused by many.
bool has_own_content(const Message& reply, std::string_view provider, std::string_view model);
/// Whether that holds, and the reply's calls go out with the names and ids of that content: a name that is
/// refused would be refused for ever, and results must name the calls that they answer.
bool is_echoed(const Message& reply, const std::vector<std::string>& ids, std::string_view provider,
               std::string_view model);

/// Where prompt-cache marks belong, as positions in `turns`: the end of what the last request held, which is
/// then found however long the reply to it was, and the end of this one, for the next.
std::vector<std::size_t> cache_marks(std::span<const Turn> turns);

/// The ids that calls and their results go out with: the provider's own, or one made of the call's place
/// where that is missing, repeated, not of the provider's alphabet or another provider's.
class CallIds {
 public:
  explicit CallIds(std::string_view provider) : provider_(provider) {}
  /// The ids of a reply's calls, in order.
  const std::vector<std::string>& begin_reply(const Message& reply, std::size_t position);
  /// The id of the next result, in call order.
  std::string next_result(const Message& result);

 private:
  std::string unique_id(const Message& reply, std::size_t index, std::size_t position);

  std::string_view provider_;
  std::unordered_set<std::string> used_;
  std::vector<std::string> open_;  ///< of the last reply's calls
  std::size_t next_ = 0;
};

}  // namespace agentd
