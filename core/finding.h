#pragma once

#include <string>
#include <utility>
#include <vector>

namespace agentd {

/// Warn: runs go on, but somebody should know. No: they cannot go on.
enum class Verdict { Ok, Warn, No };

/// What a check found out about the ground that runs stand on.
struct Finding {
  std::string area;  ///< memory, machine, network, provider
  std::string name;
  Verdict verdict = Verdict::Ok;
  std::string text;
  std::string fix = {};  ///< one line; empty where all is well
  bool operator==(const Finding&) const = default;
};

using Findings = std::vector<Finding>;

/// An Error's sentence taken apart: its last part says what to do.
inline Finding finding_of_error(std::string area, std::string name, Verdict verdict,
                                const std::string& message) {
  const std::size_t colon = message.rfind(": "), semicolon = message.rfind("; ");
  const bool has_later = semicolon != std::string::npos && semicolon > colon;
  const std::size_t end = has_later || colon == std::string::npos ? semicolon : colon;
  return {std::move(area), std::move(name), verdict, message.substr(0, end),
          end == std::string::npos ? "mend what that names" : message.substr(end + 2)};
}

}  // namespace agentd
