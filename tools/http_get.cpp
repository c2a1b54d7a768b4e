#include "core/url.h"
#include "tools/answers.h"
#include "tools/arguments.h"
#include "tools/builtin.h"
#include "tools/response_text.h"

namespace agentd {
namespace {

constexpr std::int64_t kUsualTimeout = 30'000;
constexpr std::int64_t kUsualMaxBytes = 5'000'000;

constexpr std::string_view kParameters = R"({"type":"object","properties":{
"url":{"type":"string"},"raw":{"type":"boolean"}},
"required":["url"],"additionalProperties":false})";

class HttpGet final : public Tool {
 public:
  explicit HttpGet(const ToolSetup& setup) : setup_(setup) {}

  ToolSpec spec() const override {
    return {"http_get", std::string(prompts::tools_http_get), std::string(kParameters), Effect::Read};
  }

  ToolAnswer run(const ToolRun& call, const ToolContext& context, const OutputSink& output) const override {
    const Arguments arguments(call.arguments);
    const std::optional<Url> url = parse_url(arguments.text("url"));
    if (!url) return failed(std::string(sentence("http_url")));
    HttpRequest request{.method = "GET", .url = to_string(*url)};
    request.headers = {
        {"Accept", "text/html, application/xhtml+xml, text/*;q=0.9, application/json;q=0.9, */*;q=0.5"}};
    request.timeout_ms = setup_.timeout_ms.value_or(kUsualTimeout);
    request.idle_timeout_ms = request.timeout_ms;
    request.max_body_bytes = setup_.max_bytes.value_or(kUsualMaxBytes);
    request.reach = Reach{setup_.allow};
    const Fetched fetched = fetch(*context.http, std::move(request), context.stop);
    if (!fetched.failure && fetched.status < 300 && fetched.url != to_string(*url))
      output(fill(sentence("http_redirected"), {{"url", fetched.url}}) + "\n");
    return response_answer(fetched, arguments.flag("raw") ? PageForm::Source : PageForm::Text, output);
  }

 private:
  ToolSetup setup_;
};

}  // namespace

std::unique_ptr<Tool> make_http_get(const ToolSetup& setup) {
  return std::make_unique<HttpGet>(setup);
}

}  // namespace agentd
