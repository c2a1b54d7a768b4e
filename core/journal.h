#pragma once

#include <functional>

#include "core/event.h"

namespace agentd {

/// The append-only events of one run. Every failure throws Error(Storage).
class Journal {
 public:
  virtual ~Journal() = default;
  /// Every durable record in order of seq.
  virtual void read(const std::function<void(Record)>& each) = 0;
  /// Adds to the open transaction; nothing is durable, and nobody may be told, before commit. Record::seq
  /// must be the last one + 1: any other means that somebody else writes here.
  virtual void append(const Record& record) = 0;
  /// Makes everything appended durable, all or nothing. Does nothing when nothing was appended.
  virtual void commit() = 0;
};

}  // namespace agentd
