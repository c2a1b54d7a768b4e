#include "cli/completion.h"

#include <algorithm>
#include <iostream>

#include "cli/commands.h"

namespace agentd {

Exit completion_command(const Args& args) {
  if (args.target == "bash")
    std::cout << bash_completion();
  else if (args.target == "zsh")
    std::cout << zsh_completion();
  else if (args.target == "fish")
    std::cout << fish_completion();
  else
    throw Error(Exit::Usage,
                "completion: '" + args.target + "' is no shell it knows; write bash, zsh or fish");
  return Exit::Completed;
}

Offer offer_for(const std::string& form) {
  if (form == "TASK.yaml") return Offer::Task;
  if (form == "DIR") return Offer::Folder;
  if (form.starts_with("FILE")) return Offer::File;
  if (form == "ID" || form == "ID TEXT") return Offer::Run;
  if (form == "SHELL" || form == "STATUS" || form.find('|') != std::string::npos) return Offer::Words;
  return Offer::Nothing;
}

std::string words_of(const std::string& form) {
  if (form == "SHELL") return "bash zsh fish";
  if (form == "STATUS") return "running suspended waiting completed failed cancelled limit storage";
  std::string words = form;
  std::replace(words.begin(), words.end(), '|', ' ');
  return words;
}

void replace_all(std::string& text, const std::string& old, const std::string& now) {
  for (std::size_t at = 0; (at = text.find(old, at)) != std::string::npos; at += now.size())
    text.replace(at, old.size(), now);
}

std::string joined(const std::vector<std::string>& words, const char* between) {
  std::string text;
  for (const std::string& word : words) text.append(text.empty() ? "" : between).append(word);
  return text;
}

}  // namespace agentd
