#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/message.h"

namespace agentd {

/// The arguments of a call that has no arguments_problem as a JSON object that fits the schema: without the
/// nulls that only mean "left out".
std::string fitting_arguments(const ToolSpec& spec, std::string_view text);

/// An argument as templates show it.
struct ArgumentText {
  std::string plain;  ///< a string itself, everything else as JSON
  std::string json;
};
/// Of the arguments that are given; null is not.
using ArgumentTexts = std::map<std::string, ArgumentText>;
ArgumentTexts argument_texts(std::string_view object);

/// The text with each argument in its place; none if one of them is not given.
std::optional<std::string> fill_template(std::string_view text, const ArgumentTexts& arguments);

}  // namespace agentd
