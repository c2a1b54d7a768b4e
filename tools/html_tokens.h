#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace agentd {

struct HtmlToken {
  enum class Kind { Text, Open, Close };

  Kind kind = Kind::Text;
  std::string text;  ///< what a person reads: references are decoded
  std::string name;  ///< of the element, in lower case
  std::vector<std::pair<std::string, std::string>> attributes;
  bool is_closed = false;  ///< "<name/>", which counts in SVG alone

  bool has(std::string_view attribute) const { return find(attribute) != nullptr; }
  /// Empty if there is none.
  std::string_view value(std::string_view attribute) const;

 private:
  const std::string* find(std::string_view attribute) const;
};

/// Takes a page apart as browsers do, in one pass, whatever garbage it is: every byte is looked at a bounded
/// number of times and nothing nests. (Parsers that build a tree do not have that property: 200 KB of <div>
/// keep one of them busy for a minute.) Comments, and what stands in scripts and styles, are left out.
class HtmlTokens {
 public:
  /// `html` is UTF-8 and must outlive this.
  explicit HtmlTokens(std::string_view html) : rest_(html) {}

  /// False at the end.
  bool next(HtmlToken& token);

 private:
  bool next_text(HtmlToken& token);
  bool next_markup(HtmlToken& token);
  bool read_tag(HtmlToken& token);
  std::pair<std::string, std::string> read_attribute();
  std::string read_value();
  void skip_comment();
  void skip_past(std::string_view end);
  std::string_view take_until_close(std::string_view name);

  std::string_view rest_;
  std::string raw_;  ///< the element whose text is no markup, until it is closed
};

}  // namespace agentd
