#include "core/tool_templates.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "core/http.h"
#include "core/reach.h"
#include "core/templates.h"
#include "core/text.h"
#include "core/url.h"

namespace agentd {
namespace {

using Json = nlohmann::ordered_json;
using Names = std::set<std::string>;

std::string quoted(const std::string& name) {
  return "{{" + name + "}}";
}

/// A key as a JSON pointer writes it.
std::string step(std::string_view key) {
  std::string step = "/";
  for (const char c : key) step += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  return step;
}

Json schema_of(const ToolSetup& tool) {
  Json schema = Json::parse(tool.parameters, nullptr, false);
  return schema.is_object() ? schema : Json::object();
}

/// Collects the problems of one tool, and which of its parameters its templates use.
class Checker {
 public:
  explicit Checker(const ToolSetup& tool) : tool_(tool) {
    const Json schema = schema_of(tool);
    if (schema.contains("properties") && schema["properties"].is_object())
      for (const auto& [name, property] : schema["properties"].items()) known_.insert(name);
    if (schema.contains("required") && schema["required"].is_array())
      for (const Json& name : schema["required"])
        if (name.is_string()) required_.insert(name.get<std::string>());
  }

  void problem(const std::string& pointer, const std::string& message) {
    problems_.push_back({pointer, message});
  }

  void text(const std::string& pointer, std::string_view text) {
    for (const std::string& name : template_names(text)) {
      used_.insert(name);
      if (known_.count(name) == 0) unknown(pointer, name);
    }
  }
  /// A place that cannot be left empty.
  void needed(const std::string& pointer, std::string_view text, const std::string& where) {
    for (const std::string& name : template_names(text))
      if (known_.count(name) > 0 && required_.count(name) == 0)
        problem(pointer,
                quoted(name) + " stands in the " + where + ": `parameters` must list it in `required`");
  }
  void fixed(const std::string& pointer, std::string_view text, const std::string& where) {
    for (const std::string& name : template_names(text))
      problem(pointer, quoted(name) + " cannot stand in the " + where + ", which the task alone decides");
  }
  void unused() {
    for (const std::string& name : known_)
      if (used_.count(name) == 0)
        problem("/parameters/properties" + step(name),
                "the argument " + name + " goes nowhere: write " + quoted(name) + " where it belongs");
  }
  bool uses_any() const { return !used_.empty(); }
  std::vector<Problem> problems() { return std::move(problems_); }

 private:
  void unknown(const std::string& pointer, const std::string& name) {
    const std::vector<std::string_view> words(known_.begin(), known_.end());
    const std::string_view near = nearest(name, words);
    problem(pointer, quoted(name) + ": `parameters` has no such property" +
                         (near.empty() ? "" : "; did you mean " + quoted(std::string(near)) + "?"));
  }

  const ToolSetup& tool_;
  Names known_;
  Names required_;
  Names used_;
  std::vector<Problem> problems_;
};

void check_command(Checker& checker, const std::string& key, const std::vector<std::string>& command) {
  for (std::size_t i = 0; i < command.size(); ++i) {
    const std::string pointer = "/" + key + "/" + std::to_string(i);
    checker.text(pointer, command[i]);
    if (i == 0) checker.fixed(pointer, command[i], "name of the program");
    if (i == 0 && command[i].empty()) checker.problem(pointer, "the name of the program is empty");
  }
}

bool is_header_name(std::string_view name) {
  constexpr std::string_view kMore = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::all_of(name.begin(), name.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           kMore.find(c) != std::string_view::npos;
  });
}

void check_headers(Checker& checker, const std::map<std::string, std::string>& headers) {
  for (const auto& [name, value] : headers) {
    const std::string pointer = "/headers" + step(name);
    checker.text(pointer, value);
    if (!is_header_name(name)) checker.problem(pointer, "headers: '" + name + "' is no name of a header");
    if (value.find_first_of("\r\n") != std::string::npos)
      checker.problem(pointer, "headers: the value of " + name + " must be one line");
  }
}

void check_json(Checker& checker, const std::string& pointer, const Json& json) {
  if (json.is_string()) checker.text(pointer, json.get_ref<const std::string&>());
  if (!json.is_structured()) return;
  for (const auto& [key, value] : json.items()) {
    if (json.is_object()) checker.fixed(pointer + step(key), key, "name of a member");
    check_json(checker, pointer + step(key), value);
  }
}

/// Inside a text we must know how to escape.
void check_text_body(Checker& checker, const ToolSetup& tool, const std::string& text) {
  if (whole_template(text) || template_names(text).empty()) return;
  const HttpHeaders headers(tool.headers.begin(), tool.headers.end());
  const std::string* type = find_header(headers, "content-type");
  const bool is_known = type != nullptr && (type->starts_with("application/x-www-form-urlencoded") ||
                                            type->starts_with("text/plain"));
  if (!is_known)
    checker.problem("/body",
                    "body: arguments can stand in a text only where the header Content-Type says "
                    "application/x-www-form-urlencoded or text/plain; write JSON as a mapping");
}

void check_body(Checker& checker, const ToolSetup& tool) {
  if (tool.body.empty()) return;
  if (tool.method == "GET" || tool.method == "HEAD")
    checker.problem("/body", "body: a " + tool.method + " has none; set `method`");
  const Json body = Json::parse(tool.body, nullptr, false);
  if (body.is_discarded()) return;
  check_json(checker, "/body", body);
  if (body.is_string()) check_text_body(checker, tool, body.get<std::string>());
}

void check_http(Checker& checker, const ToolSetup& tool) {
  const UrlTemplate url = parse_url_template(tool.url);
  if (!url.problem.empty()) checker.problem("/url", "url: " + url.problem);
  checker.text("/url", tool.url);
  checker.needed("/url", url.path, "path of the url");
  check_headers(checker, tool.headers);
  check_body(checker, tool);
  checker.unused();
}

void check_exec(Checker& checker, const ToolSetup& tool) {
  if (tool.command.empty()) checker.problem("/command", "command: the program is missing");
  check_command(checker, "command", tool.command);
  if (checker.uses_any()) checker.unused();
  check_command(checker, "check", tool.check);
}

}  // namespace

UrlTemplate parse_url_template(const std::string& url) {
  UrlTemplate result;
  const std::size_t scheme = url.find("://");
  const std::size_t end =
      scheme == std::string::npos ? 0 : std::min(url.find_first_of("/?#", scheme + 3), url.size());
  result.origin = url.substr(0, end);
  const std::size_t query = std::min(url.find('?', end), url.size());
  result.path = url.substr(end, query - end);
  result.query = url.substr(std::min(query + 1, url.size()));
  if (result.path.empty()) result.path = "/";
  if (!template_names(result.origin).empty() || url.starts_with("{{"))
    result.problem = "arguments can stand in the path and the query alone, not in scheme, host or port";
  else if (!parse_url(result.origin))
    result.problem = "must begin with http:// or https:// and a host, without a user";
  else if (url.find('#') != std::string::npos)
    result.problem = "has a fragment ('#…'), which is never sent";
  return result;
}

std::vector<Problem> template_problems(const ToolSetup& tool) {
  Checker checker(tool);
  if (tool.kind == "exec") check_exec(checker, tool);
  if (tool.kind == "http") check_http(checker, tool);
  for (std::size_t i = 0; i < tool.allow.size(); ++i) {
    const std::string problem = allow_problem(tool.allow[i]);
    if (!problem.empty()) checker.problem("/allow/" + std::to_string(i), "allow: " + problem);
  }
  return checker.problems();
}

}  // namespace agentd
