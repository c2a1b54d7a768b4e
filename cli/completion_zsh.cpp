#include "cli/completion.h"
#include "cli/syntax.h"

namespace agentd {

namespace {

/// Within single quotes, for _arguments and _describe.
std::string escaped(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') escaped += '\\';
    escaped += c;
  }
  replace_all(escaped, "'", "'\\''");
  return escaped;
}

/// What _arguments calls the value and does for it: ":DIR:_files -/".
std::string for_zsh(const std::string& form) {
  if (form.empty()) return "";  // a flag
  std::string name = form;
  replace_all(name, ":", "\\:");
  switch (offer_for(form)) {
    case Offer::Nothing:
      return ":" + name + ": ";
    case Offer::Words:
      return ":" + name + ":(" + words_of(form) + ")";
    case Offer::Task:
      return ":" + name + ":_files -g \"*.(yaml|yml)\"";
    case Offer::File:
      return ":" + name + ":_files";
    case Offer::Folder:
      return ":" + name + ":_files -/";
    case Offer::Run:
      return ":" + name + ":_agentd_runs";
  }
  return "";
}

std::string zsh_case(const Syntax& command) {
  std::string text = "    " + std::string(command.name) + ")\n      _arguments -s";
  for (const OptionText& option : option_texts(command)) {
    text += " \\\n        ";
    if (option.names.empty()) {
      text += std::string("'") + (option.is_required ? "" : ":") + for_zsh(option.form) + "'";
      continue;
    }
    for (const std::string& name : option.names) {
      if (&name != &option.names.front()) text += " \\\n        ";
      text += std::string("'") + (option.may_repeat ? "*" : "(" + joined(option.names, " ") + ")") + name;
      text += (name.starts_with("--") && !option.form.empty() ? "=[" : "[") + escaped(option.about) + "]" +
              for_zsh(option.form) + "'";
    }
  }
  return text + "\n      ;;\n";
}

constexpr const char* kZsh = R"script(#compdef agentd
# Completion of agentd for zsh: source <(agentd completion zsh), or a file _agentd in a folder of $fpath
_agentd_runs() {
  local folder=${AGENTD_MEMORY:-${XDG_DATA_HOME:-$HOME/.local/share}/agentd}
  local -i place=${words[(I)--memory]}
  (( place )) && folder=${${(Q)words[place + 1]}/#\~/$HOME}
  local -a runs=($folder/runs/*(N:t))
  runs=(${runs:#*[[:upper:]]*})  # which stand in encrypted names alone
  compadd -a runs
}

_agentd() {
  local -a commands=(
@COMMANDS@  )
  if (( CURRENT == 2 )); then
    _describe -t commands command commands
    return
  fi
  shift words
  (( CURRENT-- ))
  case $words[1] in
@CASES@  esac
}

if [[ $funcstack[1] == _agentd ]]; then _agentd "$@"; else compdef _agentd agentd; fi
)script";

}  // namespace

std::string zsh_completion() {
  std::string names, cases, script = kZsh;
  for (const Syntax& command : all_syntax()) {
    names += "    '" + std::string(command.name) + ":" + escaped(command.about) + "'\n";
    cases += zsh_case(command);
  }
  replace_all(script, "@COMMANDS@", names);
  replace_all(script, "@CASES@", cases);
  return script;
}

}  // namespace agentd
