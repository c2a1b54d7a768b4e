#include "core/model/loose_json.h"

#include "core/json_text.h"

namespace agentd {

std::optional<std::size_t> object_end(std::string_view text, std::size_t at) {
  int depth = 0;
  bool in_string = false;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (in_string && c == '\\')
      ++at;
    else if (c == '"')
      in_string = !in_string;
    else if (!in_string && c == '{')
      ++depth;
    else if (!in_string && c == '}' && --depth == 0)
      return at + 1;
  }
  return std::nullopt;
}

std::optional<std::string> to_object(std::string_view text) {
  if (is_json_object(text)) return std::string(text);
  std::string mended;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') in_string = !in_string;
    if (in_string && c == '\\' && i + 1 < text.size()) {
      mended += c;
      mended += text[++i];
    } else if (in_string && (c == '\n' || c == '\t')) {
      mended += c == '\n' ? "\\n" : "\\t";
    } else if (c != '\r') {
      if (!in_string && (c == '}' || c == ']'))
        if (const std::size_t last = mended.find_last_not_of(" \t\n");
            last != std::string::npos && mended[last] == ',')
          mended.erase(last);
      mended += c;
    }
  }
  return is_json_object(mended) ? std::optional(mended) : std::nullopt;
}

}  // namespace agentd
