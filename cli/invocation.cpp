#include "cli/invocation.h"

#include <algorithm>
#include <filesystem>

#include "cli/cancel_watch.h"
#include "cli/children.h"
#include "cli/confine.h"
#include "cli/environment.h"
#include "cli/expand.h"
#include "core/children.h"
#include "core/error.h"
#include "core/loop.h"
#include "core/mask.h"
#include "core/model/embedded_notes.h"
#include "core/model/embeddings.h"
#include "core/os/curl_http.h"
#include "core/recall.h"
#include "core/store/inbox.h"
#include "core/store/ownership.h"
#include "core/store/sqlite_journal.h"
#include "core/store/sqlite_notes.h"
#include "core/store/sqlite_reply_cache.h"
#include "core/task_json.h"

extern char** environ;

namespace agentd {

namespace {

/// Whoever limits what a run may cost must know what it costs.
void check_prices(const Task& task, const ModelWorld& world, const Config& config) {
  const auto refuse = [&](const auto& setup) {
    throw Error(Exit::Usage, "limits.cost_usd is set, but no price is known for " + setup.provider + "/" +
                                 setup.name + ": name it under 'prices' in " + config.path +
                                 ", or remove the limit");
  };
  const auto prices = prices_of(task.model, world);
  const auto unknown = std::find(prices.begin(), prices.end(), std::nullopt);
  if (unknown != prices.end()) refuse(model_setup(task, unknown - prices.begin()));
  const EmbeddingSetup& embeddings = task.memory.embeddings;
  if (!embeddings.provider.empty() && !price_of(embeddings, world)) refuse(embeddings);
}

void check_task(const Task& task, const ModelWorld& world, const Config& config) {
  make_model(task.model, {}, world);
  if (task.limits.cost_usd) check_prices(task, world, config);
  if (!task.memory.embeddings.provider.empty()) make_embedder(task.memory.embeddings, world);
  for (const ToolSetup& tool : expanded_tools(task, variable_of_process)) {
    make_tool(tool);
    if (tool.kind != "agent") continue;
    Task child = child_task(tool);
    if (!child.limits.cost_usd) child.limits.cost_usd = task.limits.cost_usd;
    try {
      check_task(child, world, config);
    } catch (const Error& error) {
      throw Error(error.exit(), "the agent " + tool.name + ": " + error.what());
    }
  }
}

/// Of a task that another one calls, too.
void check_encryption(const Wish& wish, const MemoryDir& memory) {
  if (wish.task.encryption == EncryptionSetup() || memory.key()) return;
  throw Error(Exit::Usage, "the task " + wish.task.name + " wants 'encryption', and " +
                               memory.path().string() + " is not encrypted: choose another --memory DIR");
}

}  // namespace

InvocationStarted this_invocation(const RunPaths& paths) {
  const Holder holder = read_holder(paths.lock());
  return {holder.host, holder.pid, AGENTD_VERSION};
}

void check_environment(const Host& host, const Task& task) {
  const auto http = make_curl_http();
  check_task(task, {*http, host.clock, host.secrets, variable_of_process, host.config.prices, text_of_file},
             host.config);
}

Invocation::Invocation(Host host, Errand errand)
    : host_(std::move(host)),
      errand_(std::move(errand)),
      http_(make_curl_http()),
      replies_(make_reply_cache(host_.memory)) {
  if (const auto& key = host_.memory.user_key()) host_.secrets.learn(key->texts());
}

Invocation::~Invocation() = default;

std::optional<Invocation::Outcome> Invocation::work(const RunPaths& paths, const MakeWish& make_wish) {
  const auto owner = Ownership::acquire(paths, errand_.wait_ms, host_.clock, host_.stop);
  if (!owner) return std::nullopt;
  const auto journal = open_journal(paths);
  Outcome outcome{fold(*journal)};
  State& state = outcome.state;
  Wish wish = make_wish(state);
  check_encryption(wish, host_.memory);
  host_.secrets.learn(known_secrets(wish.task));
  mask(wish, state, host_.secrets);
  cancel_children(host_.memory, wish.id, disowned_children(state, wish.task), host_.clock, host_.stop);
  const bool has_letters = !InboxFolder(paths).read().empty();
  const auto tools = [&](const Task&) { return specs_of(tools_for(wish, paths, state.tools)); };
  const auto remember = [&] {
    Notes* notes = notes_for(wish);
    return notes == nullptr
               ? std::nullopt
               : recall(*notes, {memory_of(wish.task, wish.inputs), wish.task.memory.recall}, wish.goal);
  };
  auto opening = opening_events(
      wish, state, {this_invocation(paths), now(paths, state, wish), has_letters, tools, remember});
  outcome.has_worked = !opening.empty();
  if (outcome.has_worked) drive_as(wish, paths, *journal, state, std::move(opening));
  if (!is_over(state)) return outcome;
  cancel_children(host_.memory, state.run, open_children(state), host_.clock, host_.stop);
  std::error_code ignored;
  std::filesystem::remove_all(paths.scratch(), ignored);
  return outcome;
}

ModelWorld Invocation::model_world() {
  return {*http_,       host_.clock,   host_.secrets, variable_of_process, host_.config.prices,
          text_of_file, replies_.get()};
}

/// Prices are looked up only where they decide: a finished run needs no server's address.
Now Invocation::now(const RunPaths& paths, const State& state, const Wish& wish) {
  const bool at_limit = state.ending && std::holds_alternative<LimitReached>(*state.ending);
  if (at_limit) prices_ = prices_of(wish.task.model, model_world());
  const bool has_person = host_.person != nullptr && host_.person->can_answer(state);
  const std::int64_t now_ms = host_.clock.now_ms();
  return {now_ms,
          host_.stop.time_left_ms(),
          host_.stop.reason(),
          prices_,
          has_person,
          errand_.grant.value_or(Grant{}),
          children_wait(paths, state, host_.person, now_ms)};
}

/// `journaled`: the tools that the run has had so far.
Tools& Invocation::tools_for(const Wish& wish, const RunPaths& paths,
                             const std::vector<ToolSpec>& journaled) {
  if (tools_) return *tools_;
  auto variables = tool_environment(environ);
  const auto sandbox = confine(wish.task, paths, host_.notices, variables);
  children_ = std::make_unique<Children>(host_, wish.id);
  outputs_key_ = key_of(paths.key, "outputs of run " + paths.id);
  tools_ = make_toolbox(
      expanded_tools(wish.task, variable_of_process),
      {workspace_of(wish.task, paths), paths.outputs(), process_, host_.stop, std::move(variables),
       host_.secrets, &host_.clock, http_.get(), make_curl_http, sandbox, is_owned_here, children_.get(),
       notes_for(wish), wish.id, wish.task.name, outputs_key_ ? &*outputs_key_ : nullptr},
      host_.clock, journaled);
  return *tools_;
}

/// Null where the task has no memory.
Notes* Invocation::notes_for(const Wish& wish) {
  const std::string name = memory_of(wish.task, wish.inputs);
  if (notes_ || name.empty()) return notes_.get();
  notes_ = make_sqlite_notes(host_.memory, name, host_.clock, host_.stop);
  const EmbeddingSetup& embeddings = wish.task.memory.embeddings;
  if (!embeddings.provider.empty())
    notes_ = make_embedded_notes(std::move(notes_), make_embedder(embeddings, model_world()), host_.clock,
                                 host_.stop, [&](const std::string& text) { host_.notices.say(text); });
  return notes_.get();
}

/// A server that cannot be reached costs its tools, not the run.
std::vector<ToolSpec> Invocation::specs_of(Tools& tools) {
  auto specs = tools.specs(host_.stop);
  mask(specs, host_.secrets);
  for (const std::string& problem : tools.take_problems()) host_.notices.say(mask(problem, host_.secrets));
  return specs;
}

void Invocation::drive_as(const Wish& wish, const RunPaths& paths, Journal& journal, State& state,
                          std::vector<Event> opening) {
  const Grant grant = errand_.grant.value_or(Grant{});
  const auto model = make_model(wish.task.model, wish.inputs, model_world());
  if (wish.task.limits.cost_usd || grant.cost_usd) check_prices(wish.task, model_world(), host_.config);
  Tools& tools = tools_for(wish, paths, state.tools);
  InboxFolder inbox(paths);
  std::optional<CancelWatch> watch;
  if (!errand_.grant) watch.emplace(paths);  // it stops the process, children and all
  const auto update = [&](const State& now) {
    return tools.have_changed() ? update_of_tools(now, specs_of(tools)) : std::nullopt;
  };
  drive({host_.clock, host_.stop, journal, inbox, *model, tools, errand_.observe,
         prices_of(wish.task.model, model_world()), host_.person, grant, update, &host_.secrets},
        state, std::move(opening));
  tools_.reset();
}

}  // namespace agentd
