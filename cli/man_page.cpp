#include <iostream>

#include "cli/syntax.h"

// Prints agentd.1 while agentd is built: the commands from what the parser is made of, the rest from here.

namespace agentd {

namespace {

constexpr const char* kBegin =
    R"roff(.TH AGENTD 1 2026-11-23 "agentd )roff" AGENTD_VERSION R"roff(" "User Commands"
.SH NAME
agentd \- run an agent from a task file, and go on after any interruption
.SH SYNOPSIS
.B agentd run
.I TASK.yaml
.RB [ \-\-memory
.IR DIR ]
.RI [ options ]
.br
.B agentd
.I COMMAND
.RI [ options ]
.SH DESCRIPTION
A task is a YAML file: a goal, a model, the tools that the agent may use, and
limits.
.B agentd run
works on it until it prints the answer.
Every step is durable before the next one begins: after a kill, a power cut or a
time-out the same command goes on where it was, asks the model nothing twice and
repeats no effect behind the agent's back.
.PP
A run is a folder below the memory directory, its state the fold of one
append-only journal.
The answer goes to stdout; progress, notices and errors go to stderr.
Durations are written as
.BR 90s ,
.BR 15m ,
.BR 36h " or"
.BR 30d .
.SH COMMANDS
)roff";

constexpr const char* kEnd = R"roff(.SH EXIT STATUS
.TP
.B 0
completed: the answer is on stdout.
.TP
.B 1
failed or cancelled: ended without an answer.
.TP
.B 2
bad usage or an invalid task file; nothing was run.
.TP
.B 74
storage: the memory directory cannot be used safely.
.TP
.B 75
suspended or busy: run the same command again, not before
.IR resume_at .
.TP
.B 77
waiting for a person: approve or send, then run it again.
.TP
.B 78
a limit of the task is used up: raise it, and run it again.
.SH ENVIRONMENT
.TP
.B AGENTD_MEMORY
The memory directory, where
.B \-\-memory
does not say.
.TP
.BR ANTHROPIC_API_KEY ", " OPENAI_API_KEY ", " GEMINI_API_KEY
Keys of the providers; a task may name other variables.
.TP
.BR ANTHROPIC_BASE_URL ", " OPENAI_BASE_URL ", " GEMINI_BASE_URL
Their servers, where a task names none.
.TP
.BR AWS_REGION ", " AWS_PROFILE ", " AWS_ACCESS_KEY_ID ", " AWS_BEARER_TOKEN_BEDROCK " and others"
Region and credentials for Bedrock.
.TP
.BR HTTPS_PROXY ", " NO_PROXY
Proxies.
.TP
.B SSL_CERT_FILE
Certificates to trust, instead of the system's.
.TP
.B NO_COLOR
No colour on terminals.
.TP
.BR XDG_DATA_HOME ", " XDG_CONFIG_HOME
Instead of
.IR ~/.local/share " and " ~/.config .
.SH FILES
.TP
.I ~/.local/share/agentd
The memory directory, where nothing else is said.
.TP
.IR DIR /runs/ ID /journal.db
A run: append-only events, in SQLite.
.TP
.IR DIR /runs/ ID /workspace
What its tools read and write, where the task names no other folder.
.TP
.I ~/.config/agentd/config.yaml
Defaults of yours: a model, and prices of models.
.SH EXAMPLES
Start a task, or go on with it, from a terminal or from cron:
.PP
.RS
.EX
agentd run digest.yaml \-i topic=tides \-\-memory ~/agents
.EE
.RE
.PP
Go on with everything that can go on now:
.PP
.RS
.EX
* * * * * agentd tick \-\-memory ~/agents \-\-deadline 4m
.EE
.RE
.PP
See what a run has done, and allow the call it waits with:
.PP
.RS
.EX
agentd log digest\-3f2a9c01 \-\-memory ~/agents
agentd approve digest\-3f2a9c01 \-\-memory ~/agents
.EE
.RE
)roff";

/// Texts begin with no '.', which roff would take for a request.
std::string escaped(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\\')
      escaped += "\\e";
    else if (c == '-')
      escaped += "\\-";
    else if (c == '"')
      escaped += "\\(dq";
    else if (c == '\'')
      escaped += "\\(aq";
    else
      escaped += c;
  }
  return escaped;
}

std::string bold(std::string_view text) {
  return "\\fB" + escaped(text) + "\\fR";
}

std::string form_of(const OptionText& option) {
  return "\\fI" + escaped(option.form) + "\\fR";
}

std::string names_of(const OptionText& option) {
  std::string names;
  for (const std::string& name : option.names) names.append(names.empty() ? "" : ", ").append(bold(name));
  if (names.empty()) return form_of(option);
  return option.form.empty() ? names : names + " " + form_of(option);
}

void print(const Syntax& command) {
  const std::vector<OptionText> options = option_texts(command);
  std::cout << ".SS " << bold("agentd " + std::string(command.name));
  for (const OptionText& option : options) {
    if (!option.names.empty()) continue;
    const std::string form = form_of(option) + (option.may_repeat ? " ..." : "");
    std::cout << ' ' << (option.is_required ? form : "[" + form + "]");
  }
  std::cout << '\n' << escaped(command.about) << ".\n";
  for (const OptionText& option : options)
    std::cout << ".TP\n" << names_of(option) << '\n' << escaped(option.about) << ".\n";
  std::cout << ".PP\nExample:\n.PP\n.RS\n.EX\n" << escaped(command.example) << "\n.EE\n.RE\n";
}

}  // namespace

}  // namespace agentd

int main() {
  std::cout << agentd::kBegin;
  for (const agentd::Syntax& command : agentd::all_syntax()) agentd::print(command);
  std::cout << agentd::kEnd;
  return std::cout.flush() ? 0 : 1;
}
