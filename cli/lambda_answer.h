#pragma once

#include "cli/args.h"
#include "core/error.h"

namespace agentd {

/// Does what the event `text` asks for and prints the answer, or the function error, on stdout, as one line.
/// The exit status is that of the command that the event stands for.
Exit answer_event(const Args& args, const std::string& text);

}  // namespace agentd
