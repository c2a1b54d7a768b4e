#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>

#include "core/error.h"
#include "core/text.h"
#include "tools/answers.h"
#include "tools/arguments.h"
#include "tools/builtin.h"
#include "tools/call_output.h"
#include "tools/mcp/servers.h"
#include "tools/tools.h"

namespace agentd {
namespace {

constexpr std::size_t kMostThreads = 8;

/// Calls that one thread runs one after the other.
using Lane = std::vector<const ToolRun*>;
using RunCall = std::function<std::optional<Event>(const ToolRun&)>;
using Landed = std::function<void(Event)>;

/// Runs lanes on threads of its own and hands over what lands on the caller's.
class Lanes {
 public:
  Lanes(std::vector<Lane> lanes, const RunCall& run_call) : lanes_(std::move(lanes)), run_call_(run_call) {}

  void run(const Landed& landed) {
    {
      std::vector<std::jthread> threads = start_threads();
      try {
        while (std::optional<Event> finished = next_landed()) landed(std::move(*finished));
      } catch (...) {
        abandon(std::current_exception());
      }
    }
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  std::vector<std::jthread> start_threads() {
    std::vector<std::jthread> threads;
    const std::size_t wanted = std::min(kMostThreads, lanes_.size());
    working_ = wanted;
    try {
      while (threads.size() < wanted) threads.emplace_back([this] { work(); });
    } catch (const std::system_error&) {  // no more threads to be had: those there do it all, or this one
      const std::lock_guard lock(mutex_);
      working_ -= wanted - threads.size();
    }
    if (threads.empty()) {
      ++working_;
      work();
    }
    return threads;
  }

  void work() {
    try {
      while (const Lane* lane = next_lane()) {
        for (const ToolRun* call : *lane) {
          if (!is_abandoned()) land(run_call_(*call));
        }
      }
    } catch (...) {
      abandon(std::current_exception());
    }
    const std::lock_guard lock(mutex_);
    --working_;
    news_.notify_one();
  }

  const Lane* next_lane() {
    const std::lock_guard lock(mutex_);
    return next_ < lanes_.size() ? &lanes_[next_++] : nullptr;
  }

  void land(std::optional<Event> finished) {
    if (!finished) return;
    const std::lock_guard lock(mutex_);
    landed_.push_back(std::move(*finished));
    news_.notify_one();
  }

  /// Waits for it; none: all is done.
  std::optional<Event> next_landed() {
    std::unique_lock lock(mutex_);
    news_.wait(lock, [this] { return !landed_.empty() || working_ == 0; });
    if (landed_.empty()) return std::nullopt;
    Event first = std::move(landed_.front());
    landed_.pop_front();
    return first;
  }

  /// Starts no further call; those that run are waited for. The first failure counts.
  void abandon(std::exception_ptr failure) {
    const std::lock_guard lock(mutex_);
    if (!failure_) failure_ = std::move(failure);
  }

  bool is_abandoned() {
    const std::lock_guard lock(mutex_);
    return failure_ != nullptr;
  }

  std::vector<Lane> lanes_;
  const RunCall& run_call_;
  std::mutex mutex_;
  std::condition_variable news_;
  std::size_t next_ = 0;
  std::size_t working_ = 0;
  std::deque<Event> landed_;
  std::exception_ptr failure_;
};

class Toolbox final : public Tools {
 public:
  Toolbox(const std::vector<ToolSetup>& setups, ToolContext context, Clock& clock,
          const std::vector<ToolSpec>& journaled)
      : setups_(setups), context_(std::move(context)), clock_(clock), servers_(setups, journaled, context_) {
    make_tools();
  }

  std::vector<ToolSpec> specs(const Stop& stop) override {
    servers_.list(stop);
    make_tools();
    std::vector<ToolSpec> specs;
    for (const ToolSetup& setup : setups_) {
      if (setup.kind != "mcp")
        specs.push_back(tools_.at(setup.name)->spec());
      else
        for (const ToolSpec& spec : servers_.specs(setup.name)) specs.push_back(spec);
    }
    return specs;
  }
  bool have_changed() const override { return servers_.has_news(); }
  std::vector<std::string> take_problems() override { return servers_.take_problems(); }

  void run(std::span<const ToolRun> calls, const Stop& stop, const Landed& landed) override {
    const ToolContext context{context_.workspace,   context_.outputs, context_.process, stop,
                              context_.environment, context_.secrets, context_.clock,   context_.http,
                              context_.make_http,   context_.sandbox, context_.guarded, context_.children,
                              context_.notes,       context_.run,     context_.task,    context_.seal};
    const RunCall run_one = [&](const ToolRun& call) { return run_call(call, context); };
    std::vector<Lane> lanes = lanes_of(calls);
    if (lanes.size() > 1) return Lanes(std::move(lanes), run_one).run(landed);
    for (const ToolRun& call : calls) {
      if (std::optional<Event> finished = run_one(call)) landed(std::move(*finished));
    }
  }

 private:
  void make_tools() {
    tools_.clear();
    names_.clear();
    for (const ToolSetup& setup : setups_) {
      if (setup.kind != "mcp") {
        add_tool(setup.name, make_tool(setup));
        continue;
      }
      for (const ToolSpec& spec : servers_.specs(setup.name))
        add_tool(spec.name, servers_.make_tool(spec.name));
    }
  }

  void add_tool(const std::string& name, std::unique_ptr<Tool> tool) {
    if (!tool) throw Error(Exit::Usage, "there is no tool '" + name + "'; see `agentd tools`");
    names_.push_back(name);
    tools_[name] = std::move(tool);
  }

  const Tool* find(const std::string& name) const {
    const auto found = tools_.find(name);
    return found == tools_.end() ? nullptr : found->second.get();
  }

  /// A call behind one that changes files may need what that one wrote.
  bool builds_on_files(std::span<const ToolRun> calls) const {
    if (calls.size() < 2) return false;
    bool has_changed = false;
    for (const ToolRun& call : calls) {
      const Tool* tool = find(call.tool);
      if (tool == nullptr) continue;
      if (has_changed && !tool->keeps_order()) return true;
      has_changed = has_changed || (tool->keeps_order() && tool->spec().effect != Effect::Read);
    }
    return false;
  }

  std::vector<Lane> lanes_of(std::span<const ToolRun> calls) const {
    std::vector<Lane> lanes;
    if (builds_on_files(calls)) {
      Lane& lane = lanes.emplace_back();
      for (const ToolRun& call : calls) lane.push_back(&call);
      return lanes;
    }
    std::optional<std::size_t> ordered;
    for (const ToolRun& call : calls) {
      const Tool* tool = find(call.tool);
      const bool keeps_order = tool != nullptr && tool->keeps_order();
      if (keeps_order && ordered) {
        lanes[*ordered].push_back(&call);
        continue;
      }
      if (keeps_order) ordered = lanes.size();
      lanes.push_back({&call});
    }
    return lanes;
  }

  /// None: it was cut off.
  std::optional<Event> run_call(const ToolRun& call, const ToolContext& context) {
    if (context.stop.reason() != StopReason::None) return std::nullopt;
    const std::int64_t began = now();
    CallOutput output(call.call, context.outputs, context.secrets, context.seal);
    const ToolAnswer answer = answer_of(call, context, output);
    if (answer.cut_off) return std::nullopt;
    if (answer.event) return answer.event;
    output.write(answer.text);
    const std::string_view mark = find("read_file") != nullptr ? sentence("cut") : sentence("cut_no_reader");
    return ToolFinished{call.call, output.finish(answer.outcome, mark), now() - began, answer.spent};
  }

  ToolAnswer answer_of(const ToolRun& call, const ToolContext& context, CallOutput& output) const {
    const OutputSink sink = [&](std::string_view bytes) { output.write(bytes); };
    if (call.purpose == Purpose::Verify) return check_answer(call, context, sink);
    const Tool* tool = find(call.tool);
    if (tool == nullptr) return unknown_tool(call.tool);
    try {
      const std::string problem = arguments_problem(tool->spec(), call.arguments);
      if (!problem.empty()) return failed(problem);
      if (call.purpose == Purpose::Call) return tool->run(call, context, sink);
      const std::optional<ToolAnswer> settled = tool->settle(call, context, sink);
      return settled ? *settled : ToolAnswer{Outcome::Unknown, std::string(prompts::interrupted)};
    } catch (const Error&) {
      throw;
    } catch (const std::exception& error) {
      return failed(fill(sentence("tool_failed"), {{"why", error.what()}}));
    }
  }

  /// What it puts out matters only where it fails.
  static ToolAnswer check_answer(const ToolRun& call, const ToolContext& context, const OutputSink& sink) {
    constexpr std::int64_t kLongestMs = 24LL * 3600 * 1000;  // the task has its own limit
    sink(fill(sentence("check"), {{"command", Arguments(call.arguments).text("command")}}) + "\n");
    return make_shell({.name = "shell", .timeout_ms = kLongestMs})->run(call, context, sink);
  }

  ToolAnswer unknown_tool(const std::string& name) const {
    std::string known;
    for (const std::string& one : names_) known += (known.empty() ? "" : ", ") + one;
    const std::vector<std::string_view> words(names_.begin(), names_.end());
    const std::string_view near = nearest(name, words);
    const std::string_view text = near.empty() ? sentence("tool_unknown") : sentence("tool_unknown_near");
    return failed(fill(text, {{"name", name}, {"near", near}, {"known", known}}));
  }

  std::int64_t now() {
    const std::lock_guard lock(clock_mutex_);
    return clock_.monotonic_ms();
  }

  std::vector<ToolSetup> setups_;
  ToolContext context_;
  Clock& clock_;
  McpServers servers_;
  std::mutex clock_mutex_;
  std::vector<std::string> names_;
  std::map<std::string, std::unique_ptr<Tool>> tools_;
};

}  // namespace

std::unique_ptr<Tools> make_toolbox(const std::vector<ToolSetup>& setups, ToolContext context, Clock& clock,
                                    const std::vector<ToolSpec>& journaled) {
  return std::make_unique<Toolbox>(setups, std::move(context), clock, journaled);
}

}  // namespace agentd
