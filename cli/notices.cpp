#include "cli/notices.h"

#include <iostream>

#include "cli/narrate.h"

namespace agentd {

void Notices::say(const std::string& text) {
  const std::lock_guard lock(mutex_);
  if (said_.insert(text).second) std::cerr << "agentd: " << printable(text) << std::endl;
}

}  // namespace agentd
