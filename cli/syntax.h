#pragma once

#include <span>
#include <string>
#include <string_view>

#include "cli/args.h"

namespace CLI {
class App;
}

namespace agentd {

/// How a command is written: `add` gives a parser its options, which fill in the Args.
struct Syntax {
  std::string_view name;
  const char* about;
  const char* example;
  void (*add)(CLI::App&, Args&);
};

/// Every command, in the order in which help lists them.
std::span<const Syntax> all_syntax();

/// Throws Error(Usage) with the nearest command for a word that is none.
const Syntax& find_syntax(const std::string& word);

/// What agentd --help prints.
std::string overview();

}  // namespace agentd
