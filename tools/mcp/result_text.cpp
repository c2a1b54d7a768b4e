#include "tools/mcp/result_text.h"

#include "core/text.h"
#include "tools/mcp/json_slice.h"
#include "tools/mcp/sentences.h"

namespace agentd {
namespace {

constexpr std::size_t kMostNamed = 1000;  // bytes of a name, a URI or a type

/// Puts pieces out, each on lines of its own.
class Pieces {
 public:
  explicit Pieces(const OutputSink& output) : output_(output) {}

  void add(std::string_view text) {
    if (text.empty()) return;
    if (last_ != '\n') output_("\n");
    output_(text);
    last_ = text.back();
    is_empty_ = false;
  }
  bool is_empty() const { return is_empty_; }

 private:
  const OutputSink& output_;
  char last_ = '\n';
  bool is_empty_ = true;
};

std::string short_text(std::string_view object, std::string_view key) {
  return cut_middle(json_text(json_member(object, key)), kMostNamed, "…");
}

/// Of what a JSON string holds in base64.
std::string decoded_size(std::string_view value) {
  if (value.size() < 2) return "0";
  value = value.substr(1, value.size() - 2);
  while (value.ends_with('=')) value.remove_suffix(1);
  return std::to_string(value.size() * 3 / 4);
}

std::string binary_note(std::string_view kind, std::string_view part, std::string_view data) {
  return fill(mcp_sentence("binary"), {{"kind", kind},
                                       {"type", short_text(part, "mimeType")},
                                       {"size", decoded_size(json_member(part, data))}});
}

void add_resource(std::string_view resource, Pieces& pieces) {
  const std::string uri = short_text(resource, "uri");
  if (json_member(resource, "text").empty()) {
    pieces.add(binary_note(uri, resource, "blob"));
    return;
  }
  pieces.add(fill(mcp_sentence("resource"), {{"uri", uri}}));
  pieces.add(json_text(json_member(resource, "text")));
}

std::string link_note(std::string_view link) {
  const std::string about = short_text(link, "description");
  return fill(about.empty() ? mcp_sentence("link") : mcp_sentence("link_about"),
              {{"name", short_text(link, "name")}, {"uri", short_text(link, "uri")}, {"about", about}});
}

/// Whether it was something to read.
bool add_part(std::string_view part, Pieces& pieces) {
  const std::string type = short_text(part, "type");
  if (type == "text") {
    pieces.add(json_text(json_member(part, "text")));
    return true;
  }
  if (type == "resource") {
    add_resource(json_member(part, "resource"), pieces);
    return true;
  }
  if (type == "image" || type == "audio") {
    pieces.add(binary_note(type, part, "data"));
  } else if (type == "resource_link") {
    pieces.add(link_note(part));
  } else {
    pieces.add(fill(mcp_sentence("part_unknown"), {{"type", type}, {"size", std::to_string(part.size())}}));
  }
  return false;
}

}  // namespace

Outcome write_result(std::string_view result, const OutputSink& output) {
  Pieces pieces(output);
  bool has_text = false;
  for_each_item(json_member(result, "content"),
                [&](std::string_view part) { has_text = add_part(part, pieces) || has_text; });
  if (!has_text) pieces.add(json_member(result, "structuredContent"));
  if (pieces.is_empty()) pieces.add(mcp_sentence("nothing"));
  return json_member(result, "isError") == "true" ? Outcome::Error : Outcome::Ok;
}

}  // namespace agentd
