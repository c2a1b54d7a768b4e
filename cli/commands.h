#pragma once

#include "cli/args.h"
#include "core/error.h"

namespace agentd {

/// One function per command: it does the work and says how the process ends.
using Command = Exit (*)(const Args& args);

Exit run_command(const Args& args);
Exit resume_command(const Args& args);
Exit tick_command(const Args& args);
Exit list_command(const Args& args);
Exit show_command(const Args& args);
Exit log_command(const Args& args);
Exit send_command(const Args& args);
Exit approve_command(const Args& args);
Exit deny_command(const Args& args);
Exit cancel_command(const Args& args);
Exit forget_command(const Args& args);
Exit gc_command(const Args& args);
Exit encrypt_command(const Args& args);
Exit memory_command(const Args& args);
Exit tools_command(const Args& args);
Exit doctor_command(const Args& args);
Exit lambda_command(const Args& args);
Exit validate_command(const Args& args);
Exit schema_command(const Args& args);
Exit completion_command(const Args& args);

/// Null for a name that is no command.
Command find_command(const std::string& name);

}  // namespace agentd
