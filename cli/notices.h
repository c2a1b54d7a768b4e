#pragma once

#include <mutex>
#include <set>
#include <string>

namespace agentd {

/// What runs have to say to people on stderr, each thing once. May be told from several threads.
class Notices {
 public:
  void say(const std::string& text);

 private:
  std::mutex mutex_;
  std::set<std::string> said_;
};

}  // namespace agentd
