#pragma once

#include "core/process.h"

namespace agentd {

class ChildProcess : public Process {
 public:
  ProcessResult run(const ProcessRequest& request, const std::function<void(std::string_view)>& output,
                    const Stop& stop) override;
  std::unique_ptr<RunningProcess> start(const ProcessRequest& request, ProcessWatcher& watcher) override;
};

}  // namespace agentd
