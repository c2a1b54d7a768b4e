#include "cli/console.h"

#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace agentd {

namespace {

bool wants_colours() {
  const char* no_color = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  return (no_color == nullptr || *no_color == '\0') && term != nullptr && std::string_view(term) != "dumb";
}

const char* colour_of(Tone tone) {
  switch (tone) {
    case Tone::Plain:
      return "";
    case Tone::Quiet:
      return "\x1b[2m";
    case Tone::Bad:
      return "\x1b[31m";
  }
  return "";
}

}  // namespace

/// The last line of a terminal: who is at work, and for how long once that is a second.
class Console::Live {
 public:
  explicit Live(std::function<bool()> is_busy)
      : is_busy_(std::move(is_busy)), thread_([this] { redraw(); }) {}
  ~Live() {
    {
      const std::lock_guard lock(mutex_);
      label_.clear();
      is_over_ = true;
      erase();
    }
    changed_.notify_one();
    thread_.join();
  }
  Live(const Live&) = delete;
  Live& operator=(const Live&) = delete;

  /// `text` above the line, which then says `label`.
  void print(const std::string& text, const std::string& label) {
    const std::lock_guard lock(mutex_);
    erase();
    std::fputs(text.c_str(), stderr);
    if (label != label_) since_ = std::chrono::steady_clock::now();
    label_ = label;
  }

 private:
  void erase() {
    if (is_drawn_) std::fputs("\r\x1b[K", stderr);
    is_drawn_ = false;
  }

  void redraw() {
    std::unique_lock lock(mutex_);
    while (!is_over_) {
      changed_.wait_for(lock, std::chrono::seconds(1));
      const auto waited = std::chrono::steady_clock::now() - since_;
      const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(waited).count();
      if (label_.empty() || seconds == 0 || is_busy_()) continue;
      erase();
      std::fprintf(stderr, "%s %llds", label_.c_str(), static_cast<long long>(seconds));
      std::fflush(stderr);
      is_drawn_ = true;
    }
  }

  std::function<bool()> is_busy_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string label_;
  std::chrono::steady_clock::time_point since_;
  bool is_drawn_ = false;
  bool is_over_ = false;
  std::thread thread_;  ///< last: it uses all the others
};

Console::Console(const Args& args, const std::function<bool()>& is_busy)
    : writes_jsonl_(args.output == Output::Jsonl),
      shows_text_(!args.quiet && !writes_jsonl_ && (args.verbose || ::isatty(STDERR_FILENO) == 1)),
      has_colours_(wants_colours() && ::isatty(STDERR_FILENO) == 1),
      narrator_(args.verbose && ::isatty(STDERR_FILENO) == 1 ? Detail::Full : Detail::Brief) {
  if (shows_text_ && ::isatty(STDERR_FILENO) == 1) live_ = std::make_unique<Live>(is_busy);
}

Console::~Console() = default;

void Console::saw(const Record& record) {
  if (writes_jsonl_) {
    std::puts(to_json_line(record).c_str());
    std::fflush(stdout);
  }
  if (!shows_text_) return;
  std::string text;
  for (const Line& line : narrator_.tell(record)) {
    const std::string colour = has_colours_ ? colour_of(line.tone) : "";
    text.append(colour).append(line.text).append(colour.empty() ? "" : "\x1b[0m").append("\n");
  }
  if (live_)
    live_->print(text, narrator_.busy());
  else
    std::fputs(text.c_str(), stderr);
}

}  // namespace agentd
