#include "cli/args.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdlib>
#include <iostream>

#include "cli/syntax.h"
#include "core/error.h"

// Only the parser of the command that was asked for is built: a start costs well under a millisecond.

namespace agentd {

namespace {

[[noreturn]] void refuse(const std::string& message) {
  throw Error(Exit::Usage, message);
}

/// Empty where the environment does not say. In Lambda it is where a file system is mounted.
std::string default_memory(std::string_view command) {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value == nullptr ? "" : value);
  };
  if (const auto memory = variable("AGENTD_MEMORY"); !memory.empty()) return memory;
  if (command == "lambda") return "/mnt/agent_memory";
  if (const auto data = variable("XDG_DATA_HOME"); data.starts_with('/')) return data + "/agentd";
  if (const auto home = variable("HOME"); home.starts_with('/')) return home + "/.local/share/agentd";
  return "";
}

}  // namespace

std::optional<Args> parse_args(int argc, const char* const* argv) {
  const std::string word = argc > 1 ? argv[1] : "";
  if (word.empty()) refuse("what shall be done? agentd run TASK.yaml, or see agentd --help");
  if (word == "--help" || word == "-h" || word == "help") {
    std::cout << overview();
    return std::nullopt;
  }
  if (word == "--version") {
    std::cout << "agentd " AGENTD_VERSION "\n";
    return std::nullopt;
  }
  const Syntax& command = find_syntax(word);
  Args args;
  args.command = command.name;
  CLI::App app(command.about, "agentd " + word);
  app.footer(std::string("Example:\n  ") + command.example);
  command.add(app, args);
  try {
    app.parse(std::vector<std::string>(std::make_reverse_iterator(argv + argc),
                                       std::make_reverse_iterator(argv + 2)));
  } catch (const CLI::CallForHelp&) {
    std::cout << app.help();
    return std::nullopt;
  } catch (const CLI::ParseError& problem) {
    refuse(std::string(problem.what()) + "; see agentd " + word + " --help");
  }
  if (!args.memory.empty() || app.get_option_no_throw("--memory") == nullptr) return args;
  args.memory = default_memory(word);
  if (args.memory.empty() && word != "doctor")  // which looks for what is missing
    refuse("no memory directory: give --memory DIR or set AGENTD_MEMORY");
  return args;
}

std::vector<OptionText> option_texts(const Syntax& command) {
  Args args;
  CLI::App app;
  command.add(app, args);
  std::vector<OptionText> texts;
  for (const CLI::Option* option : app.get_options()) {
    OptionText text{.about = option->get_description(),
                    .is_required = option->get_required(),
                    .may_repeat = option->get_items_expected_max() > 1};
    for (const auto& name : option->get_snames()) text.names.push_back("-" + name);
    for (const auto& name : option->get_lnames()) text.names.push_back("--" + name);
    text.form = text.names.empty() ? option->get_name(true) : option->get_type_name();
    if (option == app.get_help_ptr()) text.about = "Print this help";
    texts.push_back(std::move(text));
  }
  return texts;
}

bool is_call(std::string_view text) {
  return text.find_first_not_of("0123456789.") == std::string_view::npos &&
         text.find('.') != std::string_view::npos;
}

}  // namespace agentd
