#include "cli/completion.h"
#include "cli/syntax.h"

namespace agentd {

namespace {

std::string quoted(std::string text) {
  replace_all(text, "\\", "\\\\");
  replace_all(text, "'", "\\'");
  return "'" + text + "'";
}

/// What `complete` is told to offer.
std::string for_fish(const std::string& form) {
  switch (offer_for(form)) {
    case Offer::Task:
    case Offer::File:
      return " -F";
    case Offer::Folder:
      return " -xa '(__fish_complete_directories (commandline -ct))'";
    case Offer::Run:
      return " -xa '(__agentd_runs)'";
    case Offer::Words:
      return " -xa " + quoted(words_of(form));
    case Offer::Nothing:
      break;
  }
  return " -x";
}

std::string line_of(const std::string& condition, const OptionText& option) {
  std::string line = "complete -c agentd -n " + condition;
  for (const std::string& name : option.names)
    line += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  if (!option.form.empty()) line += (option.names.empty() ? "" : " -r") + for_fish(option.form);
  if (!option.names.empty()) line += " -d " + quoted(option.about);
  return line + "\n";
}

constexpr const char* kFish = R"script(# Completion of agentd for fish: agentd completion fish | source
function __agentd_is
    set -l words (commandline -opc)
    test (count $words) -gt 1; and test $words[2] = $argv[1]
end

function __agentd_begins
    test (count (commandline -opc)) = 1
end

function __agentd_runs
    set -l folder ~/.local/share/agentd
    test -n "$XDG_DATA_HOME"; and set folder $XDG_DATA_HOME/agentd
    test -n "$AGENTD_MEMORY"; and set folder $AGENTD_MEMORY
    set -l words (commandline -opc)
    if set -l place (contains -i -- --memory $words)
        set folder (string replace -r '^~' $HOME -- $words[(math $place + 1)])
    end
    command ls -- $folder/runs 2>/dev/null | string match -rv '[A-Z]' # which stand in encrypted names alone
end

complete -c agentd -f
complete -c agentd -n __agentd_begins -l help -d 'Print all commands'
complete -c agentd -n __agentd_begins -l version -d 'Print the version'
)script";

}  // namespace

std::string fish_completion() {
  std::string script = kFish;
  for (const Syntax& command : all_syntax()) {
    const std::string name(command.name);
    script += "\ncomplete -c agentd -n __agentd_begins -a " + name + " -d " + quoted(command.about) + "\n";
    for (const OptionText& option : option_texts(command))
      script += line_of("'__agentd_is " + name + "'", option);
  }
  return script;
}

}  // namespace agentd
