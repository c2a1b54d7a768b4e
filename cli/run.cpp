#include "cli/run.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

#include "cli/cancel_watch.h"
#include "cli/commands.h"
#include "cli/confine.h"
#include "cli/console.h"
#include "cli/narrate.h"
#include "cli/person.h"
#include "cli/report.h"
#include "cli/runs.h"
#include "cli/wish.h"
#include "core/loop.h"
#include "core/model/models.h"
#include "core/os/child_process.h"
#include "core/os/curl_http.h"
#include "core/os/signals.h"
#include "core/os/system_clock.h"
#include "core/store/files.h"
#include "core/store/inbox.h"
#include "core/store/mount.h"
#include "core/store/ownership.h"
#include "core/store/sqlite_journal.h"
#include "core/store/sqlite_reply_cache.h"
#include "tools/tools.h"

extern char** environ;

namespace agentd {

namespace {

std::optional<std::string> environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value != nullptr ? std::optional<std::string>(value) : std::nullopt;
}

/// None for a file that is missing or cannot be read.
std::optional<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return {};
  return std::string(std::istreambuf_iterator<char>(file), {});
}

/// The lock file was just written by us: it knows who we are.
InvocationStarted this_invocation(const RunPaths& paths) {
  const Holder holder = read_holder(paths);
  return {holder.host, holder.pid, AGENTD_VERSION};
}

/// How the run stands when this process is done with it.
struct Finish {
  State state;
  Standing standing;
  bool was_told = false;  ///< to a person, as it happened
};

/// One invocation of `run` or `resume`. Nothing of the run is held once work() has returned.
class Invocation {
 public:
  explicit Invocation(const Args& args)
      : args_(args),
        config_(read_config()),
        stop_(make_process_stop(args.deadline_ms)),
        http_(make_curl_http()),
        console_(args),
        person_(args) {}

  const Config& config() const { return config_; }

  void keep_replies_in(const MemoryDir& memory) { replies_ = make_sqlite_reply_cache(memory.cache()); }

  /// What the environment must give (a key, a price, a variable) is checked before a new run leaves any
  /// trace.
  void check(const Wish& wish) {
    make_model(wish.task.model, wish.inputs, model_world());
    price_check(wish.task);
    for (const ToolSetup& tool : expand_environments(wish.task).first) make_tool(tool);
  }

  template <class MakeWish>
  Finish work(const RunPaths& paths, const MakeWish& make_wish) {
    const auto owner = Ownership::acquire(paths, args_.wait_ms, clock_, *stop_);
    if (!owner) return busy(paths);
    const auto journal = open_journal(paths);
    Finish finish{fold(*journal), {}};
    const Wish wish = make_wish(finish.state);
    InboxFolder inbox(paths);
    auto opening =
        opening_events(wish, finish.state,
                       {this_invocation(paths), now(finish.state, wish), !inbox.read().empty(),
                        [&](const Task&) { return specs_of(tools_for(wish, paths, finish.state.tools)); }});
    finish.was_told = !opening.empty() && console_.shows_text();
    if (!opening.empty()) drive_as(wish, paths, *journal, finish.state, std::move(opening));
    finish.standing = standing_of(finish.state);
    return finish;
  }

  Exit report(const Finish& finish, const RunPaths& paths) {
    const std::string result = result_json(finish.state, finish.standing, steps_, clock_.now_ms(), paths);
    const std::string* answer = answer_of(finish.state);
    if (args_.output == Output::Json) std::cout << result << '\n';
    if (args_.output == Output::Jsonl) std::cout << result_line(result) << '\n';
    if (args_.output == Output::Text && answer != nullptr)
      std::cout << (::isatty(STDOUT_FILENO) == 1 ? printable(*answer) : *answer) << '\n';
    if (args_.output == Output::Text && !finish.standing.message.empty() && !finish.was_told)
      std::cerr << "agentd: " << finish.standing.message << resume_text(finish.state) << '\n';
    return finish.standing.exit;
  }

 private:
  ModelWorld model_world() {
    return {*http_, clock_, environment, config_.prices, read_file, replies_.get()};
  }

  /// Prices are looked up only where they decide: a finished run needs no server's address.
  Now now(const State& state, const Wish& wish) {
    const bool at_limit = state.ending && std::holds_alternative<LimitReached>(*state.ending);
    if (at_limit) prices_ = prices_of(wish.task.model, model_world());
    return {clock_.now_ms(), stop_->time_left_ms(), stop_->reason(), prices_, person_.can_answer(state)};
  }

  void price_check(const Task& task) {
    const auto prices = prices_of(task.model, model_world());
    const auto unknown = std::find(prices.begin(), prices.end(), std::nullopt);
    if (!task.limits.cost_usd || unknown == prices.end()) return;
    const ModelSetup& setup = model_setup(task, unknown - prices.begin());
    throw Error(Exit::Usage, "limits.cost_usd is set, but no price is known for " + setup.provider + "/" +
                                 setup.name + ": name it under 'prices' in " + config_.path +
                                 ", or remove the limit");
  }

  /// The values that ${VAR} stands for go to the tools and, as secrets, to the masks; never into the journal.
  std::pair<std::vector<ToolSetup>, std::vector<std::string>> expand_environments(const Task& task) {
    auto expanded = std::pair(task.tools, model_secrets(task.model, environment, read_file));
    for (ToolSetup& tool : expanded.first) {
      const auto expand = [&](std::string& value, const std::string& key) {
        for (const std::string& variable : variables_in(value))
          expanded.second.push_back(trimmed_variable(environment, variable));
        value = expand_variables(value, environment, "tools." + tool.name + "." + key);
      };
      for (auto& [name, value] : tool.env) expand(value, "env." + name);
      for (auto& [name, value] : tool.headers) expand(value, "headers." + name);
      if (std::string& secret = tool.client_credentials.client_secret_env; !secret.empty())
        expand(secret = "${" + secret + "}", "client_credentials.client_secret_env");
    }
    return expanded;
  }

  /// `journaled`: the tools that the run has had so far.
  Tools& tools_for(const Wish& wish, const RunPaths& paths, const std::vector<ToolSpec>& journaled) {
    if (tools_) return *tools_;
    auto [setups, secrets] = expand_environments(wish.task);
    const std::filesystem::path workspace =
        wish.task.workspace.empty() ? paths.workspace() : std::filesystem::path(wish.task.workspace);
    auto variables = tool_environment(environ);
    const auto sandbox = confine(wish.task, paths, workspace, variables);
    tools_ = make_toolbox(setups,
                          {workspace, paths.outputs(), process_, *stop_, std::move(variables), secrets,
                           &clock_, http_.get(), make_curl_http, sandbox, paths.journal()},
                          clock_, journaled);
    return *tools_;
  }

  /// A server that cannot be reached costs its tools, not the run.
  std::vector<ToolSpec> specs_of(Tools& tools) {
    auto specs = tools.specs(*stop_);
    for (const std::string& problem : tools.take_problems())
      std::cerr << "agentd: " << printable(problem) << '\n';
    return specs;
  }

  void drive_as(const Wish& wish, const RunPaths& paths, Journal& journal, State& state,
                std::vector<Event> opening) {
    const auto model = make_model(wish.task.model, wish.inputs, model_world());
    price_check(wish.task);
    Tools& tools = tools_for(wish, paths, state.tools);
    InboxFolder inbox(paths);
    const CancelWatch watch(paths);
    const auto saw = [&](const Record& record) {
      steps_ += std::holds_alternative<ModelReplied>(record.event) ? 1 : 0;
      console_.saw(record);
    };
    const auto update = [&](const State& now) {
      return tools.have_changed() ? update_of_tools(now, specs_of(tools)) : std::nullopt;
    };
    drive({clock_, *stop_, journal, inbox, *model, tools, saw, prices_of(wish.task.model, model_world()),
           &person_, update},
          state, std::move(opening));
    tools_.reset();
  }

  Finish busy(const RunPaths& paths) {
    const Holder holder = read_holder(paths);
    Finish finish;
    finish.state.run = paths.folder.filename().string();
    if (is_there(paths.journal())) finish.state = view_run(paths).state;
    finish.standing = {"busy", "busy",
                       "another invocation works on run " + finish.state.run + " (host " + holder.host +
                           ", pid " + std::to_string(holder.pid) + "); --wait DUR waits for it",
                       Exit::Suspended};
    return finish;
  }

  const Args& args_;
  Config config_;
  SystemClock clock_;
  std::unique_ptr<Stop> stop_;
  std::unique_ptr<HttpTransport> http_;
  Console console_;
  PersonHere person_;
  ChildProcess process_;
  std::unique_ptr<ReplyCache> replies_;
  std::unique_ptr<Tools> tools_;  ///< once they are needed
  std::vector<std::optional<Price>> prices_;
  std::int64_t steps_ = 0;
};

void warn_of_mount(const MemoryDir& memory) {
  const std::string warning = mount_warning(memory.path());
  if (!warning.empty()) std::cerr << "agentd: " << warning << '\n';
}

}  // namespace

Exit run_command(const Args& args) {
  Invocation invocation(args);
  const MemoryDir memory = MemoryDir::create(args.memory);
  warn_of_mount(memory);
  invocation.keep_replies_in(memory);
  const Wish wish = wish_from_file(args, invocation.config(), memory);
  if (!memory.has_run(wish.id)) invocation.check(wish);
  const RunPaths paths = memory.make_run(wish.id);
  return invocation.report(invocation.work(paths, [&](const State&) { return wish; }), paths);
}

Exit resume_command(const Args& args) {
  Invocation invocation(args);
  const MemoryDir memory = MemoryDir::create(args.memory);
  warn_of_mount(memory);
  invocation.keep_replies_in(memory);
  const RunPaths paths = existing_run(memory, args.target);
  return invocation.report(
      invocation.work(paths, [&](const State& state) { return wish_from_journal(args, state); }), paths);
}

void take_in_letters(const MemoryDir& memory, const std::string& id) {
  const RunPaths paths = memory.make_run(id);
  SystemClock clock;
  const auto stop = make_process_stop(std::nullopt);
  const auto owner = Ownership::acquire(paths, 0, clock, *stop);
  if (!owner) return;
  const auto journal = open_journal(paths);
  State state = fold(*journal);
  if (state.seq == 0) return;
  Recorder recorder(*journal, clock, state, [](const Record&) {});
  InboxFolder inbox(paths);
  recorder.stage(this_invocation(paths));
  recorder.take_in(inbox);
}

}  // namespace agentd
