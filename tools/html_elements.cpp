#include "tools/html_elements.h"

#include <algorithm>
#include <array>
#include <string>

namespace agentd {
namespace {

struct Element {
  std::string_view name;
  Role role;
};

// clang-format off
constexpr std::array kElements = {
    Element{"a", Role::Link}, Element{"address", Role::Line}, Element{"article", Role::Block},
    Element{"aside", Role::Block}, Element{"audio", Role::Drop}, Element{"base", Role::Base},
    Element{"blockquote", Role::Quote}, Element{"br", Role::Break}, Element{"button", Role::Drop},
    Element{"canvas", Role::Drop}, Element{"caption", Role::Line}, Element{"datalist", Role::Drop},
    Element{"dd", Role::Line}, Element{"details", Role::Block}, Element{"dialog", Role::Drop},
    Element{"div", Role::Line}, Element{"dl", Role::Block}, Element{"dt", Role::Line},
    Element{"fieldset", Role::Block}, Element{"figcaption", Role::Line}, Element{"figure", Role::Block},
    Element{"footer", Role::Line}, Element{"form", Role::Line}, Element{"h1", Role::Heading},
    Element{"h2", Role::Heading}, Element{"h3", Role::Heading}, Element{"h4", Role::Heading},
    Element{"h5", Role::Heading}, Element{"h6", Role::Heading}, Element{"header", Role::Line},
    Element{"hr", Role::Rule}, Element{"img", Role::Image}, Element{"legend", Role::Line},
    Element{"li", Role::Item}, Element{"main", Role::Main}, Element{"menu", Role::List},
    Element{"nav", Role::Drop}, Element{"object", Role::Drop}, Element{"ol", Role::List},
    Element{"p", Role::Block}, Element{"pre", Role::Code}, Element{"section", Role::Block},
    Element{"select", Role::Drop}, Element{"summary", Role::Line}, Element{"svg", Role::Drop},
    Element{"table", Role::Table}, Element{"td", Role::Cell}, Element{"template", Role::Drop},
    Element{"textarea", Role::Drop}, Element{"th", Role::Cell}, Element{"title", Role::Title},
    Element{"tr", Role::Row}, Element{"ul", Role::List}, Element{"video", Role::Drop},
};
// clang-format on

// These may be left open, so that nobody can tell where they would end; or have no end at all.
constexpr std::array<std::string_view, 30> kNoSureEnd = {
    "area", "base",  "body",   "br",    "col", "colgroup", "dd",   "dt",    "embed",    "head",
    "hr",   "html",  "img",    "input", "li",  "link",     "main", "meta",  "optgroup", "option",
    "p",    "param", "source", "tbody", "td",  "tfoot",    "th",   "thead", "tr",       "wbr"};

}  // namespace

std::optional<Role> role_of(std::string_view name) {
  const auto found =
      std::lower_bound(kElements.begin(), kElements.end(), name,
                       [](const Element& one, std::string_view wanted) { return one.name < wanted; });
  if (found == kElements.end() || found->name != name) return std::nullopt;
  return found->role;
}

bool is_hidden(const HtmlToken& token) {
  if (std::find(kNoSureEnd.begin(), kNoSureEnd.end(), token.name) != kNoSureEnd.end()) return false;
  if (token.has("hidden") && token.value("hidden") != "until-found") return true;
  std::string style(token.value("style"));
  std::erase(style, ' ');
  return style.find("display:none") != std::string::npos ||
         style.find("visibility:hidden") != std::string::npos;
}

}  // namespace agentd
