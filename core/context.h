#pragma once

#include "core/call_rules.h"
#include "core/model.h"

namespace agentd {

// A run outlives its model's context. Two things make room, both put down as `compacted`: old results are
// cleared, which costs nothing, and then a summary takes the place of all but the last messages. Both come
// seldom and free much: each of them makes a provider read the whole request anew.

/// What must come before the model is asked once more; none: the request fits, as far as anybody knows.
Decision make_room(const State& state, std::int64_t fallback);

/// The model has refused a request as too long. False: nothing can be left out of it.
bool apply_too_long(State& state, std::int64_t fallback);

/// The journal has it: the transcript is shorter from here on.
void apply_compacted(State& state, const Compacted& event);

/// The request for a summary: the messages as they are, so that a provider's cache still has them, and what
/// is wanted. Shorter where the model has refused it as too long.
class SummaryRequest {
 public:
  SummaryRequest(const State& state, std::int64_t fallback);
  /// A view into this object and the state.
  ModelRequest request() const;
  /// What came of it: Compacted, or ModelFailed where the reply is no summary for the first time.
  Event outcome(const ModelReplied& reply) const;
  /// The failure; Compacted without the model's help, where another attempt would only end the same.
  Event outcome(ModelFailed failure) const;

 private:
  void shorten();
  bool has_been_empty() const;
  Compacted compact(const std::string& summary) const;
  std::size_t room(std::int64_t percent) const;

  const State& state_;
  std::int64_t fallback_;
  std::size_t until_;  ///< the messages that it covers
  std::vector<Message> messages_;
};

}  // namespace agentd
