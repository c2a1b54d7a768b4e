#include "core/model/openai_wire.h"

#include "core/model/strict_schema.h"
#include "core/text.h"

namespace agentd {

bool is_openai_host(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  const std::string_view host = url.substr(0, url.find_first_of("/:?"));
  return host == "api.openai.com" || host.ends_with(".api.openai.com");
}

std::string prompt_cache_key(std::string_view run) {
  constexpr std::size_t kLongest = 64;  // OpenAI refuses a longer one
  return run.size() <= kLongest ? std::string(run) : hash_hex(run);
}

void write_tools(BodyWriter& body, std::span<const ToolSpec> tools, const ToolFrame& frame) {
  if (tools.empty() || !body.begin("tools")) return;
  body.raw("[");
  for (const ToolSpec& tool : tools) {
    body.comma();
    body.raw(frame.before);
    body.raw(R"("name":)");
    body.string(tool.name);
    body.raw(R"(,"description":)");
    body.string(tool.description);
    body.raw(R"(,"parameters":)");
    body.raw(tool.parameters.empty() ? R"({"type":"object","properties":{}})" : tool.parameters);
    body.raw(frame.behind);
  }
  body.raw("]");
}

HttpRequest openai_post(const Endpoint& endpoint, std::string_view path, std::string body) {
  HttpRequest http;
  http.url = endpoint.base_url + std::string(path);
  http.headers = {{"Content-Type", "application/json"}};
  if (!endpoint.api_key.empty()) http.headers.emplace_back("Authorization", "Bearer " + endpoint.api_key);
  http.body = std::move(body);
  return http;
}

std::string answer_format(const ModelRequest& request, bool openai_host) {
  // vLLM and Ollama hold every reply to the schema, so the model could never call a tool; OpenAI refuses a
  // schema that is not of an object. The answer is checked against the schema in any case.
  const bool hinders_calls = !openai_host && !request.tools.empty();
  if (hinders_calls || !is_object_schema(request.answer_schema)) return "";
  const bool strict = is_strict_schema(request.answer_schema);
  return R"("name":"answer","schema":)" + std::string(request.answer_schema) + R"(,"strict":)" +
         (strict ? "true" : "false");
}

}  // namespace agentd
