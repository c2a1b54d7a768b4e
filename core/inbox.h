#pragma once

#include <string>
#include <vector>

#include "core/message.h"

namespace agentd {

/// What somebody left for the owner of a run.
struct Letter {
  enum class Kind { Say, Cancel, Approve, Deny };
  std::string
      id;  ///< unique in the run; letters sort by it in the order they were left. Empty: not left, but said
  Kind kind = Kind::Say;
  std::string text;  ///< Say: the message; Deny: why
  CallId call = {};  ///< Approve, Deny: which
  bool operator==(const Letter&) const = default;
};

class Inbox {
 public:
  virtual ~Inbox() = default;
  virtual std::vector<Letter> read() = 0;
  /// Once what it said is durable.
  virtual void remove(const Letter& letter) = 0;
};

}  // namespace agentd
