#pragma once

#include "cli/args.h"

namespace CLI {
class App;
}

namespace agentd {

/// Each gives a parser the options of one command, or of several that share them. What they refuse throws
/// Error(Usage).
void add_id(CLI::App& app, Args& args);
void add_run(CLI::App& app, Args& args);
void add_resume(CLI::App& app, Args& args);
void add_tick(CLI::App& app, Args& args);
void add_list(CLI::App& app, Args& args);
void add_show(CLI::App& app, Args& args);
void add_log(CLI::App& app, Args& args);
void add_send(CLI::App& app, Args& args);
void add_approve(CLI::App& app, Args& args);
void add_deny(CLI::App& app, Args& args);
void add_validate(CLI::App& app, Args& args);
void add_tools(CLI::App& app, Args& args);
void add_doctor(CLI::App& app, Args& args);
void add_forget(CLI::App& app, Args& args);
void add_gc(CLI::App& app, Args& args);
void add_encrypt(CLI::App& app, Args& args);
void add_lambda(CLI::App& app, Args& args);
void add_memory_notes(CLI::App& app, Args& args);
void add_schema(CLI::App& app, Args& args);
void add_completion(CLI::App& app, Args& args);

}  // namespace agentd
