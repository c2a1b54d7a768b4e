#include "core/os/privacy.h"

#include <sys/prctl.h>
#include <unistd.h>

#include <cstring>

namespace agentd {

void hide_from_proc() {
  ::prctl(PR_SET_DUMPABLE, 0);
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    char* copy = ::strdup(*entry);
    if (copy == nullptr) return;
    std::memset(*entry, 0, std::strlen(*entry));
    *entry = copy;
  }
}

}  // namespace agentd
