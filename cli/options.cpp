#include "cli/options.h"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <array>

#include "cli/option_forms.h"
#include "core/store/memory_dir.h"

namespace agentd {

namespace {

std::string run_id(const std::string& text) {
  if (!is_run_id(text))
    refuse("'" + text + "' is no run id: ids have a-z, 0-9, '.', '_' and '-', at most 100; see agentd list");
  return text;
}

std::pair<std::string, std::string> key_value(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) refuse("-i " + text + ": write -i KEY=VALUE");
  return {text.substr(0, equals), text.substr(equals + 1)};
}

void add_model(CLI::App& app, Args& args) {
  value(app, "--model", "PROVIDER/NAME", "Another model than the task's", [&](auto& text) {
    const std::size_t slash = text.find('/');
    if (slash == 0 || slash >= text.size() - 1)
      refuse("--model " + text + ": write PROVIDER/NAME, as openai/gpt-5");
    args.model = text;
  });
}

void add_task(CLI::App& app, Args& args) {
  app.add_option("TASK.yaml", args.target, "The task")->required()->type_name("");
}

void add_deadline(CLI::App& app, Args& args) {
  value(app, "--deadline", "DUR", "Stop in good time before that, as 15m",
        [&](auto& text) { args.deadline_ms = duration("--deadline", text); });
}

/// What run and resume share.
void add_work(CLI::App& app, Args& args) {
  add_memory(app, args);
  add_deadline(app, args);
  add_model(app, args);
  value(app, "--max-steps", "N", "Instead of limits.steps",
        [&](auto& text) { args.max_steps = number<std::int64_t>("--max-steps", text, 1); });
  value(app, "--max-cost", "USD", "Instead of limits.cost_usd",
        [&](auto& text) { args.max_cost = number<double>("--max-cost", text, 0); });
  value(app, "--workspace", "DIR", "Where tools work", [&](auto& text) { args.workspace = text; });
  value(app, "--wait", "DUR", "Wait that long for another invocation of the run",
        [&](auto& text) { args.wait_ms = duration("--wait", text); });
  app.add_flag("--adopt", args.adopt, "Take over a changed goal or instructions");
  app.add_flag("--yes", args.yes, "Allow every call that the task's permissions ask about");
  add_output(app, args, {"text", "json", "jsonl"});
  app.add_flag("-q,--quiet", args.quiet, "No progress on stderr");
  app.add_flag("-v,--verbose", args.verbose,
               "Progress also where stderr is no terminal; on a terminal, whole outputs");
}

}  // namespace

void add_output(CLI::App& app, Args& args, std::initializer_list<std::string_view> forms) {
  static constexpr std::array<std::string_view, 3> kWords{"text", "json", "jsonl"};
  const Texts known(forms.begin(), forms.end());
  std::string form;
  for (const auto& each : known) form.append(form.empty() ? "" : "|").append(each);
  const auto take = [&args, known, form](const std::string& word) {
    if (std::find(known.begin(), known.end(), word) == known.end()) refuse("--output: write " + form);
    args.output = static_cast<Output>(std::find(kWords.begin(), kWords.end(), word) - kWords.begin());
  };
  value(app, "--output", "", "What to print", take)->type_name(form);
}

void add_status(CLI::App& app, Args& args) {
  app.add_option("--status", args.status, "Only runs that stand like this, as suspended")
      ->type_name("STATUS");
}

void add_memory(CLI::App& app, Args& args) {
  value(app, "--memory", "DIR", "Where runs are kept [$AGENTD_MEMORY, $XDG_DATA_HOME/agentd]",
        [&](auto& text) {
          if (text.empty()) refuse("--memory: the name of a folder is needed");
          args.memory = text;
        });
}

void add_id(CLI::App& app, Args& args) {
  value(app, "ID", "", "The run, as agentd list names it", [&](auto& text) {
    args.target = run_id(text);
  })->required();
  add_memory(app, args);
}

void add_run(CLI::App& app, Args& args) {
  add_task(app, args);
  CLI::Option* run = value(app, "--run", "ID", "The run's id [name and a hash of goal and inputs]",
                           [&](auto& text) { args.run = run_id(text); });
  app.add_flag("--new", args.new_run, "Start another run of the same task")->excludes(run);
  app.add_option_function<Texts>(
         "-i,--input",
         [&](const Texts& pairs) {
           for (const auto& pair : pairs) args.inputs.push_back(key_value(pair));
         },
         "An input of the task; again for each")
      ->allow_extra_args(false)
      ->type_name("KEY=VALUE");
  app.add_option("--inputs", args.inputs_file, "Inputs as a JSON object")->type_name("FILE.json");
  add_work(app, args);
}

void add_resume(CLI::App& app, Args& args) {
  value(app, "ID", "", "The run, as agentd list names it", [&](auto& text) {
    args.target = run_id(text);
  })->required();
  add_work(app, args);
}

void add_tick(CLI::App& app, Args& args) {
  add_memory(app, args);
  value(app, "--jobs", "N", "Runs at a time [as many as there are processors]",
        [&](auto& text) { args.jobs = number<std::int64_t>("--jobs", text, 1); });
  add_deadline(app, args);
  add_output(app, args, {"text", "json"});
}

void add_list(CLI::App& app, Args& args) {
  add_memory(app, args);
  add_status(app, args);
  add_output(app, args, {"text", "json"});
}

void add_show(CLI::App& app, Args& args) {
  add_id(app, args);
  value(app, "--step", "N", "That step's reply and its calls",
        [&](auto& text) { args.step = number<std::int64_t>("--step", text, 1); });
  add_output(app, args, {"text", "json"});
}

void add_log(CLI::App& app, Args& args) {
  add_id(app, args);
  app.add_flag("-f,--follow", args.follow, "Go on until the invocation ends");
  value(app, "--since", "SEQ", "Only events after this one",
        [&](auto& text) { args.since = number<std::int64_t>("--since", text, 0); });
  add_output(app, args, {"text", "jsonl"});
}

void add_send(CLI::App& app, Args& args) {
  app.add_option_function<Texts>(
         "ID TEXT",
         [&](const Texts& words) {
           args.target = run_id(words.front());
           for (std::size_t i = 1; i < words.size(); ++i)
             args.text.append(i == 1 ? "" : " ").append(words[i]);
           if (args.text.find_first_not_of(" \t\r\n") == std::string::npos)
             refuse("send: say something after the run's id");
         },
         "The run, and what to say to it")
      ->required()
      ->type_name("");
  add_memory(app, args);
}

void add_approve(CLI::App& app, Args& args) {
  add_id(app, args);
  value(app, "CALL", "", "Which call, as 3.1 [all that wait for approval now]", [&](auto& text) {
    if (!is_call(text))
      refuse("'" + text + "' is no call: write STEP.INDEX as agentd show does, such as 3.1");
    args.call = text;
  });
}

void add_deny(CLI::App& app, Args& args) {
  add_approve(app, args);
  value(app, "--why", "TEXT", "Said to the agent", [&](auto& text) { args.text = text; });
}

void add_validate(CLI::App& app, Args& args) {
  add_task(app, args);
  add_model(app, args);
  app.add_flag("-q,--quiet", args.quiet, "Say nothing where all is well");
}

void add_tools(CLI::App& app, Args& args) {
  app.add_option("TASK.yaml", args.target, "The task [none: the built-in tools]")->type_name("");
  add_output(app, args, {"text", "json"});
}

void add_doctor(CLI::App& app, Args& args) {
  add_memory(app, args);
  app.add_flag("--online", args.online, "Try each key with a request that costs nothing");
  add_output(app, args, {"text", "json"});
}

void add_lambda(CLI::App& app, Args& args) {
  value(app, "--memory", "DIR", "Where runs are kept [$AGENTD_MEMORY, /mnt/agent_memory]",
        [&](auto& text) { args.memory = text; });
  value(app, "--event", "FILE", "Answer this event (-: stdin) on stdout, anywhere, and end",
        [&](auto& text) { args.event = text; });
  value(app, "--request-id", "TEXT", "What tells the event from others: sent twice, it is one message",
        [&](auto& text) { args.request_id = text; });
  add_deadline(app, args);
  value(app, "--begun", "MS", "When the deadline's time began, in milliseconds since the machine's start",
        [&](auto& text) { args.begun_ms = number<std::int64_t>("--begun", text, 0); })
      ->group("");
  app.add_flag("-v,--verbose", args.verbose, "Progress on stderr");
}

void add_schema(CLI::App&, Args&) {}

void add_completion(CLI::App& app, Args& args) {
  value(app, "SHELL", "", "bash, zsh or fish", [&](auto& text) { args.target = text; })->required();
}

}  // namespace agentd
