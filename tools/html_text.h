#pragma once

#include <string>
#include <string_view>

#include "core/url.h"

namespace agentd {

/// What a person reads on a page.
struct Page {
  std::string title;
  std::string text;  ///< headings, lists, tables, code and [links](with absolute addresses)
  bool is_cut = false;
  bool operator==(const Page&) const = default;
};

/// `html` is UTF-8. Navigation, forms and what is hidden are left out; where the page marks its <main>, all
/// else is. Takes time and memory in proportion to the page, whatever garbage it is.
Page html_text(std::string_view html, const Url& address);

}  // namespace agentd
