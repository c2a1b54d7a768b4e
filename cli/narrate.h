#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/event.h"

namespace agentd {

/// Text from anywhere, fit for a terminal: what would move the cursor, change colours or turn the direction
/// of writing becomes U+FFFD. Line ends stay.
std::string printable(std::string_view text);
/// The same on one line, and not longer than `limit` bytes.
std::string one_line(std::string_view text, std::size_t limit = 120);
/// A call's arguments for people.
std::string short_arguments(const std::string& arguments);
std::string_view word_for(Outcome outcome);
/// "ok, 11 B, 3 ms"
std::string facts_of(const ToolFinished& finished);
/// What happened, on one line: for `log`.
std::string summary_of(const Event& event);

enum class Detail { Brief, Full };
enum class Tone { Plain, Quiet, Bad };
struct Line {
  Tone tone = Tone::Plain;
  std::string text;
  bool operator==(const Line&) const = default;
};

/// Tells a run to a person who watches, record by record.
class Narrator {
 public:
  explicit Narrator(Detail detail) : detail_(detail) {}
  std::vector<Line> tell(const Record& record);
  /// Who is at work after the last record: "model", or the tools' names; empty when nobody is.
  std::string busy() const;

 private:
  std::vector<Line> tell_reply(const Record& record, const ModelReplied& reply);
  std::vector<Line> tell_begin(const Record& record);
  std::vector<Line> tell_request(const ApprovalRequested& request);
  std::vector<Line> tell_start(const ToolStarted& started);
  std::vector<Line> tell_result(const ToolFinished& finished);

  Detail detail_;
  bool works_ = false;
  std::int64_t fallback_ = 0;              ///< which model gave the last reply
  std::map<CallId, ToolCall> asked_;       ///< calls of the last reply that was seen
  std::map<CallId, std::string> started_;  ///< tools at work
};

}  // namespace agentd
