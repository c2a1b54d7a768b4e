#pragma once

#include <functional>
#include <memory>

#include "cli/args.h"
#include "cli/narrate.h"

namespace agentd {

/// Tells a person on stderr, or a program on stdout (jsonl), what happens, one record at a time, as it
/// becomes durable. Text on a terminal shows what the agent thinks, calls and gets, and a live line while it
/// waits; silent otherwise. That nobody can read it any more never disturbs the run.
class Console {
 public:
  /// `is_busy`: the last line of the terminal belongs to somebody else.
  explicit Console(
      const Args& args, const std::function<bool()>& is_busy = [] { return false; });
  ~Console();
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;
  void saw(const Record& record);
  /// Whether a person has been told how the invocation ended.
  bool shows_text() const { return shows_text_; }

 private:
  class Live;
  bool writes_jsonl_;
  bool shows_text_;
  bool has_colours_;
  Narrator narrator_;
  std::unique_ptr<Live> live_;  ///< on a terminal alone
};

}  // namespace agentd
