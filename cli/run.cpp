#include <unistd.h>

#include <iostream>

#include "cli/commands.h"
#include "cli/console.h"
#include "cli/memory_key.h"
#include "cli/narrate.h"
#include "cli/person.h"
#include "cli/work.h"

namespace agentd {

namespace {

/// A run that this process works on, and whoever watches it.
class Watched {
 public:
  Watched(const Args& args, Config config, MemoryDir memory)
      : args_(args),
        person_(args),
        console_(args, [this] { return person_.is_asking(); }),
        work_(args, std::move(config), std::move(memory), &person_,
              [this](const Record& record) { console_.saw(record); }) {}

  Work& work() { return work_; }

  Exit report(const Finish& finish) const {
    const std::string* answer = answer_of(finish.state);
    if (args_.output == Output::Json) std::cout << result_json(finish) << '\n';
    if (args_.output == Output::Jsonl) std::cout << result_line(result_json(finish)) << '\n';
    if (args_.output == Output::Text && answer != nullptr)
      std::cout << (::isatty(STDOUT_FILENO) == 1 ? printable(*answer) : *answer) << '\n';
    const bool was_told = finish.has_worked && console_.shows_text();
    if (args_.output == Output::Text && !finish.standing.message.empty() && !was_told)
      std::cerr << "agentd: " << finish.standing.message << resume_text(finish.state) << '\n';
    return finish.standing.exit;
  }

 private:
  const Args& args_;
  PersonHere person_;
  Console console_;
  Work work_;
};

}  // namespace

Exit run_command(const Args& args) {
  const Config config = read_config();
  const Task task = wanted_task(args, config);
  Watched run(args, config, make_memory(args, task.encryption));
  return run.report(run.work().start(wish_for(task, args, run.work().memory())));
}

Exit resume_command(const Args& args) {
  Watched run(args, read_config(), make_memory(args));
  return run.report(run.work().resume(args.target));
}

}  // namespace agentd
