#include "core/model/gemini_model.h"

#include <algorithm>
#include <charconv>

#include "core/text.h"

namespace agentd {
namespace {

/// v1, v1beta, v1alpha: many write it into the base URL.
bool ends_in_version(std::string_view url) {
  const std::string_view last = url.substr(std::min(url.rfind('/') + 1, url.size()));
  return last.size() >= 2 && last[0] == 'v' && last[1] >= '1' && last[1] <= '9';
}

}  // namespace

int gemini_version(std::string_view model) {
  constexpr int kNewest = 9900;
  model.remove_prefix(std::min(model.rfind('/') + 1, model.size()));
  if (!model.starts_with("gemini-")) return 0;
  const char* end = model.data() + model.size();
  int major = 0, minor = 0;
  const auto [dot, error] = std::from_chars(model.data() + 7, end, major);
  if (error != std::errc() || major <= 0 || major > 99) return model.ends_with("-latest") ? kNewest : 0;
  if (dot != end && *dot == '.') std::from_chars(dot + 1, end, minor);
  return major * 100 + std::clamp(minor, 0, 99);
}

std::string gemini_thinking(std::string_view model, std::string_view reasoning,
                            std::optional<std::int64_t> max_output_tokens) {
  // 3 Pro knows no medium. The budgets are Google's own equivalents, within the range of every model of 2.5.
  const int version = gemini_version(model);
  const bool low = reasoning == "low", high = reasoning == "high";
  if (version >= 300) {
    const bool no_medium = version == 300 && model.find("-pro") != std::string_view::npos;
    const char* level = low ? "LOW" : high || no_medium ? "HIGH" : "MEDIUM";
    return R"({"thinkingLevel":")" + std::string(level) + R"("})";
  }
  if (version < 205) return "";
  std::int64_t budget = low ? 1024 : high ? 24576 : 8192;
  // What is thought counts as output: half is left for the reply. No model takes less than 512 but for 0.
  if (max_output_tokens) budget = std::clamp<std::int64_t>(*max_output_tokens / 2, 512, budget);
  return R"({"thinkingBudget":)" + std::to_string(budget) + "}";
}

std::string gemini_url(const ModelSetup& setup, const std::string& base) {
  std::string url = base;
  if (!ends_in_version(base)) url += "/" + (setup.api_version.empty() ? "v1beta" : setup.api_version);
  std::string_view model = setup.name, kind = "models/";
  for (const std::string_view known : {"models/", "tunedModels/"})
    if (model.starts_with(known)) kind = known;
  if (model.starts_with(kind)) model.remove_prefix(kind.size());
  url.append("/").append(kind).append(percent_encode(model));
  return url + (setup.stream ? ":streamGenerateContent?alt=sse" : ":generateContent");
}

}  // namespace agentd
