#pragma once

#include <CLI/App.hpp>
#include <algorithm>
#include <charconv>
#include <cmath>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "cli/args.h"
#include "core/error.h"
#include "core/text.h"

// What the options of commands are made of. For cli/options.cpp and cli/memory_options.cpp alone.

namespace agentd {

using Texts = std::vector<std::string>;

[[noreturn]] inline void refuse(const std::string& message) {
  throw Error(Exit::Usage, message);
}

inline std::int64_t duration(const char* option, const std::string& text) {
  const auto milliseconds = parse_duration(text);
  if (!milliseconds)
    refuse(std::string(option) + ": '" + text + "' is no duration; write 90s, 15m, 36h or 30d");
  return *milliseconds;
}

template <class N>
N number(const char* option, const std::string& text, N least) {
  N value{};
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || rest != end || !(value >= least) ||
      (std::is_floating_point_v<N> && std::isinf(value)))
    refuse(std::string(option) + ": '" + text + "' is no number of at least " + std::to_string(least));
  return value;
}

/// An option with a value that `take` checks and keeps.
template <class Take>
CLI::Option* value(CLI::App& app, const char* names, const char* form, const char* about, Take take) {
  return app.add_option_function<std::string>(names, take, about)->type_name(form);
}

void add_output(CLI::App& app, Args& args, std::initializer_list<std::string_view> forms);
void add_status(CLI::App& app, Args& args);
void add_memory(CLI::App& app, Args& args);

}  // namespace agentd
