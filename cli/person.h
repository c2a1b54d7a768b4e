#pragma once

#include <optional>
#include <string>

#include "cli/args.h"
#include "core/person.h"

namespace agentd {

/// Allows every call, and answers no question. May be asked from several threads.
class AlwaysYes : public Person {
 public:
  bool can_answer(const State& state) const override;
  std::vector<Letter> ask(const State& state, const Stop& stop) override;
};

/// Whoever sits at the terminal of this process; and --yes, which allows every call without asking.
class PersonHere : public Person {
 public:
  explicit PersonHere(const Args& args);
  bool can_answer(const State& state) const override;
  std::vector<Letter> ask(const State& state, const Stop& stop) override;

 private:
  std::optional<Letter> read_reply(const CallState& call);

  bool says_yes_;
  AlwaysYes yes_;
  bool is_at_terminal_;
  std::string asked_;  ///< the call that stands on the screen
  std::string typed_;  ///< a line that is not complete
};

}  // namespace agentd
