#include "cli/wish.h"

#include <algorithm>
#include <filesystem>
#include <stdexcept>

#include "cli/inputs.h"
#include "cli/task_file.h"
#include "core/children.h"
#include "core/error.h"
#include "core/mask.h"
#include "core/model/text_model.h"
#include "core/permission.h"
#include "core/sentences.h"
#include "core/text.h"
#include "prompts.h"

namespace agentd {

namespace {

void apply_flags(const Args& args, Task& task) {
  if (args.max_steps) task.limits.steps = args.max_steps;
  if (args.max_cost) task.limits.cost_usd = args.max_cost;
  if (args.workspace) task.workspace = std::filesystem::absolute(*args.workspace).lexically_normal().string();
}

std::string free_id(const MemoryDir& memory, const std::string& id) {
  for (int i = 2;; ++i) {
    std::string candidate = id + "-" + std::to_string(i);
    if (!memory.has_run(candidate)) return candidate;
  }
}

/// With the instructions and what the answer must look like, as one text.
std::string with_instructions(std::string_view text, const Task& task) {
  std::string whole(text);
  if (!task.instructions.empty()) whole += "\n\n" + task.instructions;
  if (!task.output.schema.empty())
    whole += "\n\n" + fill(prompts::answer_schema, {{"schema", task.output.schema}});
  return whole;
}

/// Empty where no model of the task needs it.
std::string text_protocol_of(const Task& task, const std::vector<ToolSpec>& tools) {
  const auto is_text = [](const ModelSetup& model) { return model.tool_calling == "text"; };
  const auto& fallbacks = task.model.fallbacks;
  const bool needed = is_text(task.model) || std::any_of(fallbacks.begin(), fallbacks.end(), is_text);
  return needed ? render_text_protocol(tools) : "";
}

/// Without those that no rule ever lets the model call.
std::vector<ToolSpec> allowed(std::vector<ToolSpec> tools, const Task& task) {
  std::erase_if(tools, [&](const ToolSpec& tool) { return is_denied(task.permissions, tool.name); });
  return tools;
}

RunStarted start_of(const Wish& wish, std::vector<ToolSpec> tools) {
  RunStarted start{.run = wish.id,
                   .task = wish.task,
                   .inputs = wish.inputs,
                   .goal = wish.goal,
                   .system = with_instructions(prompts::system, wish.task),
                   .tools = allowed(std::move(tools), wish.task),
                   .agentd = AGENTD_VERSION,
                   .parent = wish.parent,
                   .parent_key = wish.parent_key};
  start.text_protocol = text_protocol_of(wish.task, start.tools);
  return start;
}

/// A changed goal is told to the model as something new: what it was shown before is never rewritten.
TaskUpdated update_of(const Wish& wish, const State& state, const Opening& opening) {
  TaskUpdated update{.task = wish.task, .inputs = wish.inputs, .goal = wish.goal, .tools = state.tools};
  if (wish.task.tools != state.task.tools || wish.task.permissions != state.task.permissions)
    update.tools = allowed(opening.tools(wish.task), wish.task);
  // What the model was told of its tools stays as it was, unless they change.
  update.text_protocol = state.text_protocol;
  if (update.tools != state.tools || state.text_protocol.empty())
    update.text_protocol = text_protocol_of(wish.task, update.tools);
  if (wish.goal == state.goal && wish.inputs == state.inputs &&
      wish.task.instructions == state.task.instructions && wish.task.output == state.task.output)
    return update;
  if (!wish.adopt)
    throw Error(Exit::Usage,
                "the goal, inputs, instructions or output of run " + wish.id +
                    " have changed since it began: --adopt tells the agent and goes on, --new starts "
                    "another run");
  update.note = prompts::goal_changed;
  update.note += "\n" + with_instructions(wish.goal, wish.task);
  return update;
}

template <class T>
T masked(T wanted, const T& journaled, const Secrets& secrets) {
  T known = journaled;
  mask(known, secrets);
  mask(wanted, secrets);
  return wanted == known ? journaled : wanted;
}

}  // namespace

Task wanted_task(const Args& args, const Config& config) {
  Task task = args.task_text ? read_task_text(*args.task_text, args.target, config)
                             : read_task_file(args.target, config, args.model);
  apply_flags(args, task);
  return task;
}

Wish wish_for(const Task& task, const Args& args, const MemoryDir& memory) {
  Wish wish;
  wish.task = task;
  wish.inputs = resolve_inputs(task, args.inputs, args.inputs_file, args.task_text ? "" : args.target);
  wish.goal = render_template(task.goal, wish.inputs);
  memory_of(task, wish.inputs);
  wish.id = args.run ? *args.run : run_id_for(task, wish.goal, wish.inputs);
  if (args.new_run && memory.has_run(wish.id)) wish.id = free_id(memory, wish.id);
  wish.adopt = args.adopt;
  return wish;
}

Wish wish_from_journal(const Args& args, const State& state) {
  if (state.seq == 0)
    throw Error(Exit::Usage, "run " + args.target + " has not begun: start it with 'agentd run'");
  Wish wish{state.run, state.task, state.inputs, state.goal, false};
  if (args.model) wish.task = with_model(wish.task, *args.model);
  apply_flags(args, wish.task);
  return wish;
}

Wish wish_for_call(const ToolRun& call, const std::string& parent, Wish wanted, const State& state) {
  wanted.id = child_id(parent, call.call);
  wanted.parent = parent;
  wanted.parent_key = call.key;
  if (state.seq == 0) return wanted;
  if (state.parent != parent || state.parent_key != call.key)
    throw std::runtime_error("run " + wanted.id + " was not begun by this call, and stands in its way");
  wanted.goal = state.goal;
  wanted.inputs = state.inputs;
  wanted.task.goal = state.task.goal;
  wanted.task.inputs = state.task.inputs;
  wanted.task.instructions = state.task.instructions;
  wanted.task.output = state.task.output;
  return wanted;
}

std::string memory_of(const Task& task, const Inputs& inputs) {
  std::string name = render_template(task.memory.name, inputs);
  if (name.empty() || is_run_id(name)) return name;
  throw Error(Exit::Usage, "memory.namespace: '" + name +
                               "' is no name: use up to 100 of a-z, 0-9, '.', '_', " +
                               "'-', beginning with a letter or digit");
}

void mask(Wish& wish, const State& state, const Secrets& secrets) {
  wish.task = masked(wish.task, state.task, secrets);
  wish.inputs = masked(wish.inputs, state.inputs, secrets);
  const std::string goal = mask(wish.goal, secrets);
  wish.goal = goal == mask(state.goal, secrets) ? state.goal : goal;
}

std::vector<Event> opening_events(const Wish& wish, const State& state, const Opening& opening) {
  const InvocationStarted& invocation = opening.invocation;
  if (state.seq == 0) {
    std::vector<Event> events{start_of(wish, opening.tools(wish.task)), invocation};
    if (std::optional<Recalled> recalled = opening.recall()) events.emplace_back(std::move(*recalled));
    return events;
  }
  if (state.ending && !state.parent.empty()) return {};  // its call ends with it
  const bool is_unchanged = wish.task == state.task && wish.goal == state.goal && wish.inputs == state.inputs;
  if (is_unchanged) {
    const bool has_work = can_go_on(state, state.task.limits, opening.now) &&
                          (opening.has_letters || !would_only_wait(state, opening.now));
    return has_work ? std::vector<Event>{invocation} : std::vector<Event>{};
  }
  if (state.ending && std::holds_alternative<Completed>(*state.ending)) {
    if (!wish.adopt) return {};
    throw Error(Exit::Usage,
                "run " + wish.id + " has completed: there is nothing to adopt; --new starts another run");
  }
  const TaskUpdated update = update_of(wish, state, opening);
  if (!can_go_on(state, wish.task.limits, opening.now)) return {};
  return {invocation, update};
}

std::optional<TaskUpdated> update_of_tools(const State& state, std::vector<ToolSpec> tools) {
  tools = allowed(std::move(tools), state.task);
  if (tools == state.tools) return std::nullopt;
  const std::string text_protocol = text_protocol_of(state.task, tools);
  return TaskUpdated{.task = state.task,
                     .inputs = state.inputs,
                     .goal = state.goal,
                     .tools = std::move(tools),
                     .text_protocol = text_protocol};
}

}  // namespace agentd
