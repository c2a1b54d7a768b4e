#pragma once

#include <string>
#include <vector>

namespace agentd {

/// Of a row. The last may be of any length; the others are made as wide as the widest below each other.
using Cells = std::vector<std::string>;

/// One line a row.
std::string table_text(const std::vector<Cells>& rows);

}  // namespace agentd
