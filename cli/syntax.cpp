#include "cli/syntax.h"

#include <algorithm>
#include <array>

#include "cli/options.h"
#include "core/error.h"
#include "core/text.h"

namespace agentd {

namespace {

[[noreturn]] void refuse(const std::string& message) {
  throw Error(Exit::Usage, message);
}

constexpr std::array<Syntax, 20> kCommands{{
    {"run", "Start a task, or go on with its run, until it prints the answer",
     "agentd run digest.yaml -i topic=tides --deadline 14m", add_run},
    {"resume", "Go on with a run, without its task file", "agentd resume digest-3f2a9c01 --max-steps 80",
     add_resume},
    {"tick", "Go on with every run that can go on now", "agentd tick --memory /var/lib/agents --deadline 4m",
     add_tick},
    {"list", "All runs, newest first", "agentd list --status suspended", add_list},
    {"show", "One run: goal, status, steps, usage, result", "agentd show digest-3f2a9c01 --step 3", add_show},
    {"log", "The events of a run, one a line", "agentd log digest-3f2a9c01 -f", add_log},
    {"send", "Say something to a run; it takes it up at its next step",
     "agentd send digest-3f2a9c01 \"Leave out the weather.\"", add_send},
    {"approve", "Allow a call that a run waits with", "agentd approve digest-3f2a9c01 3.1", add_approve},
    {"deny", "Refuse a call that a run waits with",
     "agentd deny digest-3f2a9c01 3.1 --why \"Not on a Friday.\"", add_deny},
    {"cancel", "End a run for good; what it did stays readable", "agentd cancel digest-3f2a9c01", add_id},
    {"forget", "Erase runs and all that they stored, but for their notes: see agentd memory forget",
     "agentd forget --status completed --older-than 30d --dry-run", add_forget},
    {"gc", "Erase what has outlived its retention, as tick does once a day", "agentd gc --dry-run", add_gc},
    {"memory", "The long-term memory: notes that the runs of a namespace share",
     "agentd memory search \"tide tables\" --namespace harbour", add_memory_notes},
    {"encrypt", "Make an encrypted memory directory, an encrypted copy of one, or give one another key",
     "agentd encrypt --memory ./memory --key-env AGENTD_KEY", add_encrypt},
    {"lambda", "Serve the AWS Lambda Runtime API: the entry point of a container image",
     "agentd lambda --event event.json --memory ./memory", add_lambda},
    {"tools", "Every tool that a task would have; asks its MCP servers for theirs",
     "agentd tools digest.yaml", add_tools},
    {"validate", "Check a task without running it", "agentd validate digest.yaml", add_validate},
    {"schema", "Print the JSON Schema of task.yaml, for editors", "agentd schema > task.schema.json",
     add_schema},
    {"doctor", "What this machine, memory directory and each key can do, with a fix for each no",
     "agentd doctor --memory ./memory --online", add_doctor},
    {"completion", "Print what makes a shell complete agentd's commands, options and runs",
     "source <(agentd completion bash)", add_completion},
}};

/// Commands of later versions: no typing errors.
constexpr std::array<std::string_view, 3> kLater{"export", "fork", "mcp"};

}  // namespace

std::span<const Syntax> all_syntax() {
  return kCommands;
}

std::string overview() {
  std::string text =
      "agentd runs an agent from a task file and goes on after any interruption.\n\nCommands:\n";
  for (const Syntax& command : kCommands) {
    std::string name(command.name);
    name.resize(12, ' ');
    text.append("  ").append(name).append(command.about).append("\n");
  }
  return text + "\nagentd COMMAND --help says more.\n\nExample:\n  agentd run task.yaml --memory ./memory\n";
}

const Syntax& find_syntax(const std::string& word) {
  std::vector<std::string_view> names;
  for (const Syntax& command : kCommands) {
    if (command.name == word) return command;
    names.push_back(command.name);
  }
  if (std::find(kLater.begin(), kLater.end(), word) != kLater.end()) refuse("not built yet: agentd " + word);
  if (word.starts_with('-'))
    refuse("the command comes first, then its options: agentd run TASK.yaml " + word);
  const std::string_view meant = nearest(word, names);
  refuse("there is no command '" + word + "'; " +
         (meant.empty() ? "see agentd --help" : "did you mean " + std::string(meant) + "?"));
}

}  // namespace agentd
