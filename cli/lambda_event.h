#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/args.h"

namespace agentd {

/// One message of an SQS batch.
struct SqsMessage {
  std::string id;
  std::string body;  ///< an event
  bool operator==(const SqsMessage&) const = default;
};
struct SqsBatch {
  std::vector<SqsMessage> messages;
  bool is_ordered = false;  ///< of a FIFO queue: behind one that failed, none may be taken
};

/// None: an event of another kind. Throws Error(Usage) for what is neither a batch nor an event.
std::optional<SqsBatch> batch_from_event(const std::string& text);

/// The command line that does what an event of the contract's section 5 asks for: its `action` is the
/// command. `given`: what all events of this process share. Members that are null are not there. Throws
/// Error(Usage).
Args args_from_event(const std::string& text, Args given);

}  // namespace agentd
