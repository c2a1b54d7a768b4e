#include "core/model/gemini_model.h"

#include <array>
#include <vector>

#include "tests/support/catch.h"

namespace agentd {

TEST_CASE("gemini: the address takes bases and names in every form that people write") {
  const std::string host = "https://generativelanguage.googleapis.com";
  const auto url = [](const std::string& base, const std::string& name, const std::string& version = "") {
    return gemini_url({.name = name, .stream = false, .api_version = version}, base);
  };
  const std::string plain = host + "/v1beta/models/g:generateContent";
  CHECK(url(host, "g") == plain);
  CHECK(url(host, "models/g") == plain);
  CHECK(url(host + "/v1beta", "g") == plain);
  CHECK(url(host + "/v1", "g") == host + "/v1/models/g:generateContent");
  CHECK(url(host, "g", "v1") == host + "/v1/models/g:generateContent");
  CHECK(url("http://h/vault", "g") == "http://h/vault/v1beta/models/g:generateContent");
  CHECK(url(host, "tunedModels/t-1") == host + "/v1beta/tunedModels/t-1:generateContent");
  CHECK(url(host, "a/../b?c#d%") == host + "/v1beta/models/a%2F..%2Fb%3Fc%23d%25:generateContent");
}

TEST_CASE("gemini: reasoning is asked for in the form that the model takes") {
  const std::vector<std::array<std::string, 3>> cases = {
      {"gemini-3-pro-preview", "low", R"({"thinkingLevel":"LOW"})"},
      {"gemini-3-pro-preview", "medium", R"({"thinkingLevel":"HIGH"})"},
      {"gemini-3-flash-preview", "medium", R"({"thinkingLevel":"MEDIUM"})"},
      {"gemini-3.1-pro-preview", "medium", R"({"thinkingLevel":"MEDIUM"})"},
      {"models/gemini-4-hydrogen", "high", R"({"thinkingLevel":"HIGH"})"},
      {"gemini-pro-latest", "low", R"({"thinkingLevel":"LOW"})"},
      {"gemini-2.5-pro", "high", R"({"thinkingBudget":24576})"},
      {"gemini-2.5-flash-lite", "low", R"({"thinkingBudget":1024})"},
      {"gemini-2.5-flash", "medium", R"({"thinkingBudget":8192})"},
      {"gemini-2.0-flash", "high", ""},
      {"gemini-1.5-pro-latest", "high", ""},
      {"gemini-exp-1206", "high", ""},
      {"gemma-3-27b-it", "high", ""},
      {"gemini-99999999999", "high", ""},
      {"", "high", ""}};
  for (const auto& [name, reasoning, config] : cases) {
    INFO(name);
    CHECK(gemini_thinking(name, reasoning) == config);
  }
}

TEST_CASE("a budget leaves half of the limit for the reply") {
  CHECK(gemini_thinking("gemini-2.5-pro", "high", 2000) == R"({"thinkingBudget":1000})");
  CHECK(gemini_thinking("gemini-2.5-pro", "low", 2000) == R"({"thinkingBudget":1000})");
  CHECK(gemini_thinking("gemini-2.5-pro", "low", 100) == R"({"thinkingBudget":512})");
  CHECK(gemini_thinking("gemini-2.5-pro", "high", 100'000) == R"({"thinkingBudget":24576})");
}

}  // namespace agentd
