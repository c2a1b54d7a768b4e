#pragma once

#include "core/process.h"

namespace agentd {

class ChildProcess : public Process {
 public:
  ProcessResult run(const ProcessRequest& request, const std::function<void(std::string_view)>& output,
                    const Stop& stop) override;
};

}  // namespace agentd
