#include "core/sentences.h"

#include <algorithm>

namespace agentd {

std::string fill(std::string_view text, std::initializer_list<Replacement> values) {
  std::string result;
  for (;;) {
    const std::size_t open = text.find("{{");
    const std::size_t close = text.find("}}", open);
    result += text.substr(0, open);
    if (close == std::string_view::npos) return result;
    const std::string_view name = text.substr(open + 2, close - open - 2);
    const auto value =
        std::find_if(values.begin(), values.end(), [&](const auto& one) { return one.first == name; });
    if (value != values.end()) result += value->second;
    text.remove_prefix(close + 2);
  }
}

}  // namespace agentd
