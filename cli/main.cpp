#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <iostream>
#include <string>
#include <string_view>

#include "cli/args.h"
#include "cli/commands.h"
#include "cli/expand.h"
#include "cli/narrate.h"
#include "cli/report.h"
#include "core/mask.h"
#include "core/os/privacy.h"

namespace agentd {

namespace {

/// "FILE:LINE:COL: …" stands as it is, for editors to jump to.
bool has_place(std::string_view message) {
  std::string_view head = message.substr(0, message.find(": "));
  for (int i = 0; i < 2; ++i) {
    const std::size_t colon = head.rfind(':');
    const bool is_number = colon != std::string_view::npos && colon + 1 < head.size() &&
                           head.find_first_not_of("0123456789", colon + 1) == std::string_view::npos;
    if (!is_number) return false;
    head = head.substr(0, colon);
  }
  return true;
}

/// A program that waits for a result object gets one, also where the memory directory is no good, or somebody
/// else has a part of it that the run needs.
void print_result(const Args& args, Exit exit, const std::string& message) {
  if (args.output == Output::Text || (args.command != "run" && args.command != "resume")) return;
  const char* status = exit == Exit::Storage ? "storage" : "busy";
  const std::string run = args.run.value_or(args.command == "resume" ? args.target : "");
  const std::string result = result_without_state(run, {status, status, message, exit});
  std::puts((args.output == Output::Jsonl ? result_line(result) : result).c_str());
}

/// An answer that could not be printed was not given. Whoever closed the pipe knows that already.
int flushed(Exit exit) {
  errno = 0;
  const bool is_written = std::cout.flush().good() && std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
  pollfd reader = {STDOUT_FILENO, 0, 0};
  const bool is_unread = errno == EPIPE || (::poll(&reader, 1, 0) == 1 && (reader.revents & POLLERR) != 0);
  if (is_written || is_unread || exit != Exit::Completed) return static_cast<int>(exit);
  const std::string why = errno != 0 ? std::string(": ") + std::strerror(errno) : "";
  std::fprintf(stderr, "agentd: cannot write to stdout%s\n", why.c_str());
  return static_cast<int>(Exit::Failed);
}

/// Without the keys of the environment: a message may repeat what it was given.
std::string masked(const char* message) {
  return mask(message, Secrets(known_secrets()));
}

int run(int argc, const char* const* argv) {
  std::optional<Args> args;
  try {
    args = parse_args(argc, argv);
    return flushed(args ? find_command(args->command)(*args) : Exit::Completed);
  } catch (const Error& error) {
    const std::string message = masked(error.what());
    std::fprintf(stderr, "%s%s\n", has_place(message) ? "" : "agentd: ", printable(message).c_str());
    const bool has_result = error.exit() == Exit::Storage || error.exit() == Exit::Suspended;
    if (args && has_result) print_result(*args, error.exit(), message);
    return static_cast<int>(error.exit());
  }
}

}  // namespace

}  // namespace agentd

int main(int argc, char** argv) {
  agentd::hide_from_proc();
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // a file at its limit is an error like a full disk
  try {
    return agentd::run(argc, argv);
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "agentd: something that should not happen has happened: %s\n",
                 agentd::masked(problem.what()).c_str());
    return 1;
  }
}
