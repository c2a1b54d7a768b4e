#pragma once

#include <string>
#include <vector>

#include "cli/invocation.h"
#include "core/child_runs.h"

namespace agentd {

/// The children of a run, in this process.
class Children final : public ChildRuns {
 public:
  Children(Host host, std::string parent) : host_(std::move(host)), parent_(std::move(parent)) {}
  State run(const ToolRun& call, const Task& task, const Inputs& inputs, const Stop& stop) override;

 private:
  Host host_;
  std::string parent_;
};

// What follows reads runs that nobody in this process may own meanwhile.

/// Whether the children that a suspended run waits for would only wait too: nobody has written to them or can
/// answer them, and their time has not come.
bool children_wait(const RunPaths& run, const State& state, const Person* person, std::int64_t now_ms);

/// The runs below this one that need a person, as they stand.
std::vector<State> children_for_person(const RunPaths& run, const State& state);

/// The run that nobody called, above this one: the one to be run.
std::string top_run(const RunPaths& run, const State& state);

/// Completed or cancelled: nothing can happen in the run any more.
bool is_over(const State& state);

/// Ends the run for good, and those below it. Where an invocation works on one, it is left to that.
void cancel_run(const MemoryDir& memory, const std::string& id, Clock& clock, const Stop& stop);
/// The same for children of a run that are to end. Those that cannot be read are left as they are.
void cancel_children(const MemoryDir& memory, const std::string& parent, const std::vector<std::string>& ids,
                     Clock& clock, const Stop& stop);

}  // namespace agentd
