#pragma once

#include <memory>

#include "core/process.h"

namespace agentd {

std::unique_ptr<RunningProcess> start_process(const ProcessRequest& request, ProcessWatcher& watcher);

}  // namespace agentd
