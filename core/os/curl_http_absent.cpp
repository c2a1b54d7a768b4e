#include <cstdlib>

// What a static libcurl finds in the place of libraries for protocols that agentd never speaks (see
// static.cmake).

extern "C" {

int libssh2_init(int) {  // called when libcurl begins
  return 0;
}

void libssh2_exit() {}

const char* libssh2_version(int) {
  return "";
}

/// All else. A way here would be a new one in libcurl: better no answer than a wrong one.
[[noreturn]] void agentd_absent() {
  std::abort();
}
}
