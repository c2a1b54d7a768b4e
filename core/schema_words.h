#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace agentd {

struct SchemaFinding {
  std::string place;  ///< JSON pointer
  std::string words;  ///< "must be a string"
};

std::string json_pointer(const std::vector<std::string>& names);
std::string joined(const std::vector<std::string>& words, std::string_view between);
/// On one line, its end replaced by a mark where it is too long to be quoted.
std::string quotable(std::string text);
/// The first few findings in at most 500 bytes.
std::string explain(const std::vector<SchemaFinding>& findings);

}  // namespace agentd
