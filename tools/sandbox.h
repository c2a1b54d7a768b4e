#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/sandbox.h"

namespace agentd {

/// What programs of a run are to work with, and what is to be kept from them. Absolute paths.
struct SandboxPlaces {
  std::filesystem::path workspace;
  std::filesystem::path memory;   ///< of all runs: no more of it is seen than the workspace
  std::filesystem::path scratch;  ///< of the run, for caches and temporary files; made where it is missing
  std::map<std::string, std::string> environment;  ///< the programs': HOME, PATH, TMPDIR, SSL_CERT_FILE count
  std::vector<std::string> read;                   ///< what the task names besides
  std::vector<std::string> write;  ///< the same; one that is a socket opens the sockets of all other programs
};

struct SandboxPlan {
  Sandbox sandbox;
  std::map<std::string, std::string> environment;  ///< to be set for the programs, where the task does not
  std::vector<std::string> gaps;                   ///< what programs can do all the same: "read …"
  bool is_firm = true;                             ///< what `sandbox: required` asks for; gaps may remain
};

/// The default sandbox: the workspace is writable, the system readable, the memory directory and the secrets
/// of the home folder are neither.
SandboxPlan plan_sandbox(const SandboxPlaces& places, const SandboxSupport& support);

/// One sentence for a person; "" if there is no gap.
std::string gaps_sentence(const std::vector<std::string>& gaps);

}  // namespace agentd
