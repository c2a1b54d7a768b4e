#pragma once

#include <atomic>
#include <chrono>
#include <mutex>
#include <optional>
#include <string>

#include "cli/args.h"
#include "core/person.h"

namespace agentd {

/// Whoever sits at the terminal of this process; and --yes, which allows every call without asking. May be
/// asked from several threads, and is asked one thing after the other.
class PersonHere : public Person {
 public:
  explicit PersonHere(const Args& args);
  bool can_answer(const State& state) const override;
  std::vector<Letter> ask(const State& state, const Stop& stop) override;
  /// Whether a question stands on the screen.
  bool is_asking() const;

 private:
  bool put_on_screen(const State& state, const CallState& call);
  std::optional<Letter> read_reply(const CallState& call);

  bool says_yes_;
  std::atomic<bool> is_at_terminal_;
  std::mutex mutex_;
  std::string asked_;  ///< the run and call that stand on the screen
  std::atomic<std::chrono::steady_clock::time_point> waited_for_ = {};  ///< when somebody did so last
  std::string typed_;                                                   ///< a line that is not complete
};

}  // namespace agentd
