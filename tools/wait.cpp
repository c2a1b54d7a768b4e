#include <optional>

#include "core/text.h"
#include "tools/answers.h"
#include "tools/arguments.h"
#include "tools/builtin.h"

namespace agentd {
namespace {

constexpr std::int64_t kLongestMs = 366LL * 24 * 3600 * 1000;

constexpr std::string_view kParameters = R"({"type":"object","properties":{
"for":{"type":"string","description":"a duration: 90s, 15m, 36h or 3d"},
"until":{"type":"string","description":"a time: 2026-11-22T13:00:00Z, or with +01:00 instead of Z"}},
"oneOf":[{"required":["for"]},{"required":["until"]}],"additionalProperties":false})";

class Wait final : public Tool {
 public:
  ToolSpec spec() const override {
    return {"wait", std::string(prompts::tools_wait), std::string(kParameters), Effect::Read};
  }

  ToolAnswer run(const ToolRun& call, const ToolContext& context, const OutputSink&) const override {
    const Arguments arguments(call.arguments);
    const std::int64_t now = context.clock->now_ms();
    std::optional<std::int64_t> until = parse_time(arguments.text("until"));
    if (arguments.has("for")) {
      const auto duration = parse_duration(arguments.text("for"));
      if (!duration) return failed(fill(sentence("wait_duration"), {{"text", arguments.text("for")}}));
      until = *duration > kLongestMs ? INT64_MAX : now + *duration;
    }
    if (!until) return failed(fill(sentence("wait_time"), {{"text", arguments.text("until")}}));
    if (*until > now + kLongestMs) return failed(std::string(sentence("wait_long")));
    return {.event = TimerSet{call.call, *until}};
  }
};

}  // namespace

std::unique_ptr<Tool> make_wait(const ToolSetup&) {
  return std::make_unique<Wait>();
}

}  // namespace agentd
