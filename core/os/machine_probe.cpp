#include "core/os/machine_probe.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "core/os/sandbox.h"
#include "core/text.h"

namespace agentd {
namespace {

constexpr const char* kArea = "machine";

/// What programs that tools start can be held to.
Finding sandbox_finding() {
  const SandboxSupport support = sandbox_support();
  if (support.gaps.empty())
    return {kArea, "sandbox", Verdict::Ok,
            "is whole: Landlock " + std::to_string(support.landlock) + " and a filter of system calls"};
  std::string text;
  for (const std::string& gap : support.gaps) text += (text.empty() ? "" : ", ") + gap;
  return {kArea, "sandbox", Verdict::Warn, "is not whole: programs that tools start can " + text,
          "use Linux 6.12 or newer with landlock among its security modules (lsm=), and allow seccomp"};
}

Finding shell_finding() {
  if (::access("/bin/sh", X_OK) == 0) return {kArea, "shell", Verdict::Ok, "/bin/sh"};
  return {kArea, "shell", Verdict::Warn, "there is no /bin/sh, and so no tool shell and no verify",
          "install a shell, or do without these"};
}

Finding temporary_finding() {
  const char* chosen = std::getenv("TMPDIR");
  const std::string folder = chosen == nullptr || *chosen == '\0' ? "/tmp" : chosen;
  std::string name = (std::filesystem::path(folder) / "agentd-probe-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr)
    return {kArea, "temporary files", Verdict::Warn,
            folder + " cannot be written to: list, show, log and tick cannot work",
            "set TMPDIR to a folder that can"};
  ::rmdir(name.c_str());
  return {kArea, "temporary files", Verdict::Ok, "go to " + folder};
}

/// Certificates and signed requests hold only if the clock is right.
Finding clock_finding(std::int64_t wall_ms) {
  constexpr std::int64_t kEarliest = 1'767'225'600'000, kLatest = 4'102'444'800'000;  // 2026 and 2100
  const std::string text = "says that it is " + format_time(wall_ms);
  if (wall_ms >= kEarliest && wall_ms < kLatest) return {kArea, "clock", Verdict::Ok, text};
  return {kArea, "clock", Verdict::No, text, "set the clock, for example with timedatectl set-ntp true"};
}

}  // namespace

Findings probe_machine(std::int64_t wall_ms) {
  return {clock_finding(wall_ms), temporary_finding(), shell_finding(), sandbox_finding()};
}

}  // namespace agentd
