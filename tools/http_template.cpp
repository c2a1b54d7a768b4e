#include "tools/http_template.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/templates.h"
#include "core/text.h"
#include "core/tool_templates.h"
#include "tools/answers.h"

namespace agentd {
namespace {

using Json = nlohmann::ordered_json;

/// The text with each argument as %XX in its place; none if one of them is not given.
std::optional<std::string> percent_filled(std::string_view text, const ArgumentTexts& arguments) {
  ArgumentTexts encoded = arguments;
  for (auto& [name, value] : encoded) value.plain = percent_encode(value.plain);
  return fill_template(text, encoded);
}

/// "a={{a}}&b={{b}}" without the pairs whose argument is not given.
std::string fill_pairs(std::string_view pairs, const ArgumentTexts& arguments) {
  std::string filled;
  while (!pairs.empty()) {
    const std::string_view pair = pairs.substr(0, pairs.find('&'));
    pairs.remove_prefix(std::min(pair.size() + 1, pairs.size()));
    if (const std::optional<std::string> one = percent_filled(pair, arguments))
      filled += (filled.empty() ? "" : "&") + *one;
  }
  return filled;
}

/// A segment must stay one: servers and proxies take "." and ".." for steps, and an empty one leads
/// elsewhere.
std::string path_problem(std::string_view path, const ArgumentTexts& arguments) {
  for (;;) {
    const std::string_view segment = path.substr(0, path.find('/'));
    const std::optional<std::string> filled = fill_template(segment, arguments);
    const std::vector<std::string> names = template_names(segment);
    if (!names.empty() && (!filled || filled->empty() || *filled == "." || *filled == ".."))
      return fill(sentence("http_path"), {{"name", names[0]}});
    if (segment.size() == path.size()) return "";
    path.remove_prefix(segment.size() + 1);
  }
}

/// Nothing: it is left out.
std::optional<Json> fill_json(const Json& body, const ArgumentTexts& arguments) {
  if (body.is_string()) {
    const std::string& text = body.get_ref<const std::string&>();
    const std::optional<std::string> whole = whole_template(text);
    if (!whole) {
      std::optional<std::string> filled = fill_template(text, arguments);
      return filled ? std::optional<Json>(Json(*filled)) : std::nullopt;
    }
    const auto found = arguments.find(*whole);
    return found == arguments.end() ? std::nullopt : std::optional<Json>(Json::parse(found->second.json));
  }
  if (!body.is_structured()) return body;
  Json filled = body.is_array() ? Json::array() : Json::object();
  for (const auto& [key, value] : body.items()) {
    std::optional<Json> one = fill_json(value, arguments);
    if (!one) continue;
    if (body.is_array())
      filled.push_back(std::move(*one));
    else
      filled[key] = std::move(*one);
  }
  return filled;
}

bool is_form(const HttpRequest& request) {
  const std::string* type = find_header(request.headers, "content-type");
  return type != nullptr && type->starts_with("application/x-www-form-urlencoded");
}

void set_body(HttpRequest& request, const std::string& body, const ArgumentTexts& arguments) {
  if (body.empty()) return;
  const Json json = Json::parse(body);
  if (!json.is_string()) {
    request.body = fill_json(json, arguments).value_or(Json()).dump();
    if (find_header(request.headers, "content-type") == nullptr)
      request.headers.emplace_back("Content-Type", "application/json");
    return;
  }
  const std::string text = json.get<std::string>();
  const bool is_pairs = is_form(request) && !whole_template(text);
  request.body = is_pairs ? fill_pairs(text, arguments) : fill_template(text, arguments).value_or("");
  // Else curl says that it is a form.
  if (find_header(request.headers, "content-type") == nullptr)
    request.headers.emplace_back("Content-Type", "text/plain; charset=utf-8");
}

bool is_control(char c) {
  return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
}

}  // namespace

std::variant<HttpRequest, NoRequest> http_request(const ToolSetup& setup, const ArgumentTexts& arguments) {
  HttpRequest request;
  request.method = setup.method;
  const UrlTemplate url = parse_url_template(setup.url);
  const std::string problem = path_problem(url.path, arguments);
  if (!problem.empty()) return NoRequest{problem};
  const std::string query = fill_pairs(url.query, arguments);
  request.url =
      url.origin + percent_filled(url.path, arguments).value_or("/") + (query.empty() ? "" : "?" + query);
  for (const auto& [name, value] : setup.headers) {
    const std::optional<std::string> filled = fill_template(value, arguments);
    if (!filled) continue;
    if (std::any_of(filled->begin(), filled->end(), is_control))
      return NoRequest{fill(sentence("http_header"), {{"name", name}})};
    request.headers.emplace_back(name, *filled);
  }
  set_body(request, setup.body, arguments);
  return request;
}

}  // namespace agentd
