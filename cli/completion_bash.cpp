#include <map>

#include "cli/completion.h"
#include "cli/syntax.h"

namespace agentd {

namespace {

/// What `place` and `value` stand for in the script; words stand for themselves.
std::string for_bash(const std::string& form) {
  switch (offer_for(form)) {
    case Offer::Task:
      return "@task";
    case Offer::File:
      return "@file";
    case Offer::Folder:
      return "@folder";
    case Offer::Run:
      return "@run";
    case Offer::Words:
      return "'" + words_of(form) + "'";
    case Offer::Nothing:
      break;
  }
  return "@none";
}

std::string bash_case(const Syntax& command) {
  std::string options, place;
  std::map<std::string, std::string> values;  // what is offered → after which options
  for (const OptionText& option : option_texts(command)) {
    if (option.names.empty()) {
      if (place.empty()) place = for_bash(option.form);
      continue;
    }
    options.append(options.empty() ? "" : " ").append(joined(option.names, " "));
    if (option.form.empty()) continue;
    std::string& names = values[for_bash(option.form)];
    names.append(names.empty() ? "" : " | ").append(joined(option.names, " | "));
  }
  std::string cases;
  for (const auto& [value, names] : values) cases += "        " + names + ") value=" + value + " ;;\n";
  if (!cases.empty()) cases = "      case $before in\n" + cases + "      esac\n";
  return "    *:" + std::string(command.name) + ")\n      options='" + options +
         "' place=" + (place.empty() ? "@none" : place) + "\n" + cases + "      ;;\n";
}

constexpr const char* kBash = R"script(# Completion of agentd for bash: source <(agentd completion bash)
_agentd_runs() {
  local folder=${AGENTD_MEMORY:-${XDG_DATA_HOME:-$HOME/.local/share}/agentd} i
  for ((i = 2; i < COMP_CWORD; i++)); do
    [[ ${COMP_WORDS[i]} == --memory ]] && folder=${COMP_WORDS[i + 1]/#\~/$HOME}
  done
  command ls -- "$folder/runs" 2>/dev/null | command grep -v '[[:upper:]]'  # which stand in encrypted names alone
}

_agentd() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} options= place=@none value= found=
  # --output=json comes as three words.
  [[ $word == = ]] && word=
  [[ $before == = ]] && before=${COMP_WORDS[COMP_CWORD - 2]}
  case $COMP_CWORD:${COMP_WORDS[1]} in
    1:*) place='@COMMANDS@' ;;
@CASES@  esac
  if [[ -n $value ]]; then place=$value; elif [[ $word == -* && -n $options ]]; then place=$options; fi
  case $place in
    @task) found=$(compgen -f -X '!*.y*ml' -- "$word"; compgen -d -- "$word") ;;
    @file) found=$(compgen -f -- "$word") ;;
    @folder) found=$(compgen -d -- "$word") ;;
    @run) found=$(compgen -W "$(_agentd_runs)" -- "$word") ;;
    @none) ;;
    *) found=$(compgen -W "$place" -- "$word") ;;
  esac
  COMPREPLY=()
  [[ -n $found ]] && mapfile -t COMPREPLY <<<"$found"
  [[ $place == @task || $place == @file || $place == @folder ]] && compopt -o filenames 2>/dev/null
  return 0
}

complete -F _agentd agentd
)script";

}  // namespace

std::string bash_completion() {
  std::string names, cases, script = kBash;
  for (const Syntax& command : all_syntax()) {
    names.append(command.name).append(" ");
    cases += bash_case(command);
  }
  replace_all(script, "@COMMANDS@", names + "--help --version");
  replace_all(script, "@CASES@", cases);
  return script;
}

}  // namespace agentd
