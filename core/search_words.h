#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace agentd {

constexpr int kSearchWordsVersion = 1;

std::string search_words(std::string_view text);
std::vector<std::string> query_words(std::string_view text);
std::string match_expression(std::span<const std::string> words);

}  // namespace agentd
