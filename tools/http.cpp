#include "core/text.h"
#include "core/tool_templates.h"
#include "core/url.h"
#include "tools/answers.h"
#include "tools/http_template.h"
#include "tools/response_text.h"
#include "tools/task_tools.h"

namespace agentd {
namespace {

constexpr std::int64_t kUsualTimeout = 60'000;
constexpr std::int64_t kUsualMaxBytes = 5'000'000;

class Http final : public Tool {
 public:
  explicit Http(const ToolSetup& setup)
      : setup_(setup), spec_(task_tool_spec(setup, is_read() ? Effect::Read : Effect::Once)) {}

  ToolSpec spec() const override { return spec_; }

  ToolAnswer run(const ToolRun& call, const ToolContext& context, const OutputSink& output) const override {
    auto made = http_request(setup_, argument_texts(fitting_arguments(spec_, call.arguments)));
    if (const auto* refused = std::get_if<NoRequest>(&made)) return failed(refused->why);
    auto& request = std::get<HttpRequest>(made);
    request.timeout_ms = setup_.timeout_ms.value_or(kUsualTimeout);
    request.idle_timeout_ms = request.timeout_ms;
    request.max_body_bytes = setup_.max_bytes.value_or(kUsualMaxBytes);
    request.reach = reach();
    if (spec_.effect == Effect::Idempotent && find_header(request.headers, "idempotency-key") == nullptr)
      request.headers.emplace_back("Idempotency-Key", call.key);
    const Fetched fetched = fetch(*context.http, std::move(request), context.stop);
    if (fetched.status != 0 && setup_.method == "HEAD") return head_answer(fetched);
    ToolAnswer answer = response_answer(fetched, PageForm::Text, output);
    if (fetched.failure && may_have_acted(*fetched.failure))
      answer.text += " " + std::string(sentence("http_unsure"));
    return answer;
  }

 private:
  bool is_read() const { return setup_.method == "GET" || setup_.method == "HEAD"; }

  /// The task's author names the server: that one may stand anywhere.
  Reach reach() const {
    Reach reach{setup_.allow};
    if (const std::optional<Url> url = parse_url(parse_url_template(setup_.url).origin))
      reach.allow.push_back(url->host + ":" + std::to_string(url->port));
    return reach;
  }

  bool may_have_acted(const HttpFailure& failure) const {
    using Kind = HttpFailure::Kind;
    return spec_.effect != Effect::Read && failure.kind != Kind::Connect && failure.kind != Kind::Forbidden;
  }

  static ToolAnswer head_answer(const Fetched& fetched) {
    std::string text = fill(sentence("http_status"), {{"status", std::to_string(fetched.status)}});
    for (const auto& [name, value] : fetched.headers) text += "\n" + name + ": " + value;
    return {fetched.status >= 400 ? Outcome::Error : Outcome::Ok, to_valid_utf8(text)};
  }

  ToolSetup setup_;
  ToolSpec spec_;
};

}  // namespace

std::unique_ptr<Tool> make_http(const ToolSetup& setup) {
  return std::make_unique<Http>(setup);
}

}  // namespace agentd
