#pragma once

#include <string>
#include <vector>

namespace agentd {

/// Scripts that make a shell complete command lines of agentd. They are made of what the parser is made of,
/// so they offer what there is. Runs are the names in a folder: a shell waits for no process, and nothing can
/// fail aloud.
std::string bash_completion();
std::string zsh_completion();
std::string fish_completion();

/// What can be offered for the value of an option, or for a place.
enum class Offer { Nothing, Words, Task, File, Folder, Run };

/// By the form that help gives it, as DIR.
Offer offer_for(const std::string& form);

/// What may stand there, with spaces between.
std::string words_of(const std::string& form);

void replace_all(std::string& text, const std::string& old, const std::string& now);
std::string joined(const std::vector<std::string>& words, const char* between);

}  // namespace agentd
