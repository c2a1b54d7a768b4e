#pragma once

#include <optional>
#include <string_view>

#include "tools/html_tokens.h"

namespace agentd {

/// What an element of a page does to its text.
enum class Role {
  Base,
  Block,
  Break,
  Cell,
  Code,
  Drop,
  Heading,
  Image,
  Item,
  Line,
  Link,
  List,
  Main,
  Quote,
  Row,
  Rule,
  Table,
  Title
};

/// None: nothing, like <b>.
std::optional<Role> role_of(std::string_view name);

/// Whether a page hides the element from people; false where nobody could tell where it ends.
bool is_hidden(const HtmlToken& token);

}  // namespace agentd
