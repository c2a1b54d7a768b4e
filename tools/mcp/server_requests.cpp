#include "tools/mcp/server_requests.h"

#include <nlohmann/json.hpp>

#include "core/text.h"
#include "tools/mcp/json_slice.h"
#include "tools/mcp/sentences.h"

namespace agentd {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMostQuoted = 1500;  // bytes of a server's question

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string file_uri(const std::string& path) {
  std::string uri = "file://";
  for (const char c : path) uri += c == '/' ? "/" : percent_encode({&c, 1});
  return uri;
}

std::string shortened(std::string_view text) {
  return cut_middle(trimmed(text), kMostQuoted, "[…]");
}

/// The names and descriptions of what a form asks for.
std::string fields_of(const Json& properties) {
  std::string fields;
  for (const auto& [name, schema] : properties.items()) {
    fields += (fields.empty() ? "" : ", ") + name;
    const std::string about = schema.is_object() ? schema.value("description", Json()).dump() : "null";
    if (about != "null") fields += " (" + json_text(about) + ")";
  }
  return shortened(fields);
}

/// The form filled in with its own defaults; null: what it requires has none.
Json defaults_of(const Json& schema, const Json& properties) {
  Json content = Json::object();
  for (const auto& [name, property] : properties.items()) {
    if (property.is_object() && property.contains("default")) content[name] = property["default"];
  }
  const auto required = schema.find("required");
  if (required == schema.end() || !required->is_array()) return content;
  for (const Json& name : *required) {
    if (name.is_string() && !content.contains(name.get<std::string>())) return nullptr;
  }
  return content;
}

/// A question of another mode than a form is not ours to accept: we have not offered that.
bool is_form(const Json& request) {
  const auto mode = request.find("mode");
  return mode == request.end() || *mode == "form";
}

ServerAnswer answer_elicitation(const McpSetup& setup, std::string_view params) {
  const Json request = Json::parse(params, nullptr, false);
  if (!request.is_object()) return {R"({"action":"decline"})"};
  const auto found = request.find("requestedSchema");
  const Json schema = found != request.end() && found->is_object() ? *found : Json::object();
  const auto listed = schema.find("properties");
  const Json properties = listed != schema.end() && listed->is_object() ? *listed : Json::object();
  const std::string message = shortened(json_text(json_member(params, "message")));
  const std::string fields = fields_of(properties);
  if (setup.elicitation == Elicitation::AcceptDefaults && is_form(request)) {
    const Json content = defaults_of(schema, properties);
    if (!content.is_null()) {
      return {
          dump({{"action", "accept"}, {"content", content}}),
          fill(mcp_sentence("asked_accepted"), {{"message", message}, {"values", shortened(dump(content))}})};
    }
  }
  const std::string_view text = setup.elicitation == Elicitation::Ask ? mcp_sentence("asked_ask_person")
                                                                      : mcp_sentence("asked_declined");
  return {R"({"action":"decline"})", fill(text, {{"message", message}, {"fields", fields}})};
}

}  // namespace

ServerAnswer answer_server(const McpSetup& setup, std::string_view method, std::string_view params) {
  if (method == "ping") return {"{}"};
  if (method == "elicitation/create") return answer_elicitation(setup, params);
  if (method == "roots/list" && !setup.program.folder.empty())
    return {dump({{"roots", {{{"uri", file_uri(setup.program.folder)}, {"name", "workspace"}}}}})};
  return {};
}

std::string client_capabilities(const McpSetup& setup) {
  Json capabilities = {{"elicitation", Json::object()}};
  if (!setup.program.folder.empty()) capabilities["roots"] = Json::object();
  if (!setup.credentials.token_url.empty())
    capabilities["extensions"]["io.modelcontextprotocol/oauth-client-credentials"] = Json::object();
  return dump(capabilities);
}

}  // namespace agentd
