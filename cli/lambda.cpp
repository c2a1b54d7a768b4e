#include <cstdlib>
#include <iostream>

#include "cli/commands.h"
#include "cli/config.h"
#include "cli/lambda_answer.h"
#include "cli/lambda_process.h"
#include "cli/runtime_api.h"
#include "cli/yaml.h"
#include "core/os/curl_http.h"
#include "core/os/group.h"
#include "core/os/signals.h"
#include "core/os/system_clock.h"
#include "core/store/mount.h"

// Between two events this process is frozen, for hours or for good. So it holds nothing then but the
// connection on which the next event comes: each event has a process of its own, which has ended before its
// answer is told.

namespace agentd {

namespace {

/// One execution environment, from its first event to its end.
class Environment {
 public:
  Environment(const Args& args, const std::string& address)
      : args_(args), stop_(make_process_stop(std::nullopt)), http_(make_curl_http()), api_(address, *http_) {}

  Exit serve() {
    if (!is_set_up()) return Exit::Failed;
    while (stop_->reason() == StopReason::None) {
      const auto event = api_.next(*stop_);
      if (event && !take(*event)) return Exit::Failed;
    }
    return Exit::Completed;
  }

 private:
  /// What no event could change is said once, instead of by each.
  bool is_set_up() {
    try {
      read_config();
    } catch (const Error& error) {
      std::cerr << "agentd: " << error.what() << '\n';
      api_.fail_init({"Agent.Config", error.what()});
      return false;
    }
    const std::string warning = vanishing_warning(args_.memory);
    if (!warning.empty()) std::cerr << "agentd: " << warning << '\n';
    return true;
  }

  /// False where something cannot be got rid of: then this environment must end too.
  bool take(const RuntimeEvent& event) {
    EventProcess::Event wanted{event.request_id, event.text, {}};
    if (event.deadline_ms > 0) wanted.time_ms = event.deadline_ms - SystemClock().now_ms();
    const std::string answer = process_.answer(wanted, *stop_);
    std::cerr << "agentd: " << event.request_id << ' ' << summary_of(answer) << '\n';
    const std::string problem = is_function_error(answer) ? api_.fail(event.request_id, answer)
                                                          : api_.respond(event.request_id, answer);
    if (!problem.empty()) std::cerr << "agentd: " << event.request_id << ' ' << problem << '\n';
    if (end_children()) return true;
    std::cerr << "agentd: a process hangs in the kernel: a new environment is needed\n";
    return false;
  }

  const Args& args_;
  const std::unique_ptr<Stop> stop_;
  const std::unique_ptr<HttpTransport> http_;
  RuntimeApi api_;
  const EventProcess process_{args_};
};

std::string text_of_event(const std::string& file) {
  return file == "-" ? std::string(std::istreambuf_iterator<char>(std::cin), {}) : read_text_file(file);
}

}  // namespace

Exit lambda_command(const Args& args) {
  if (args.event) return answer_event(args, text_of_event(*args.event));
  const char* address = std::getenv("AWS_LAMBDA_RUNTIME_API");
  if (address == nullptr || *address == '\0')
    throw Error(Exit::Usage,
                "lambda: AWS_LAMBDA_RUNTIME_API is not set, so this is no Lambda environment; --event FILE "
                "answers one event anywhere");
  return Environment(args, address).serve();
}

}  // namespace agentd
