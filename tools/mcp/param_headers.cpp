#include "tools/mcp/param_headers.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "core/text.h"
#include "tools/mcp/sentences.h"

namespace agentd {
namespace {

using Json = nlohmann::json;

constexpr const char* kMark = "x-mcp-header";

struct Marked {
  std::vector<std::string> path;  ///< of the argument
  std::string header;
};

std::string lower(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

/// What HTTP calls a token.
bool is_header_name(const std::string& name) {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  const auto allowed = [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kOthers.find(c) != std::string_view::npos;
  };
  return !name.empty() && std::all_of(name.begin(), name.end(), allowed);
}

/// Finds the marks of a schema, and what is wrong with them.
class Marks {
 public:
  explicit Marks(const Json& schema) { visit(schema, Reach::Properties); }

  const std::vector<Marked>& all() const { return all_; }
  const std::string& problem() const { return problem_; }

 private:
  /// Whether an argument can be found without looking at others: by names alone.
  enum class Reach { Properties, Elsewhere };

  void visit(const Json& schema, Reach reach) {
    if (schema.is_array()) {
      for (const Json& item : schema) visit(item, Reach::Elsewhere);
    }
    if (!schema.is_object()) return;
    if (schema.contains(kMark)) take(schema, reach);
    for (const auto& [key, value] : schema.items()) {
      if (key == "properties" && value.is_object()) {
        visit_named(value, reach);
      } else if ((key == "patternProperties" || key == "$defs" || key == "definitions" ||
                  key == "dependentSchemas") &&
                 value.is_object()) {
        visit_named(value, Reach::Elsewhere);
      } else if (key != "enum" && key != "const" && key != "default" && key != "examples") {
        visit(value, Reach::Elsewhere);
      }
    }
  }

  /// The keys are names here, not words of the schema.
  void visit_named(const Json& schemas, Reach reach) {
    for (const auto& [name, schema] : schemas.items()) {
      path_.push_back(name);
      visit(schema, reach);
      path_.pop_back();
    }
  }

  void take(const Json& schema, Reach reach) {
    const Json& mark = schema[kMark];
    const std::string header = mark.is_string() ? mark.get<std::string>() : "";
    const Json type = schema.value("type", Json());
    if (reach != Reach::Properties || path_.empty()) {
      complain(mcp_sentence("mark_place"), header);
    } else if (!is_header_name(header)) {
      complain(mcp_sentence("mark_name"), header);
    } else if (type != "string" && type != "integer" && type != "boolean") {
      complain(mcp_sentence("mark_type"), header);
    } else if (!headers_.insert(lower(header)).second) {
      complain(mcp_sentence("mark_twice"), header);
    }
    all_.push_back({path_, header});
  }

  void complain(std::string_view text, const std::string& header) {
    if (problem_.empty()) problem_ = fill(text, {{"header", cut_middle(header, 100, "…")}});
  }

  std::vector<std::string> path_;
  std::set<std::string> headers_;
  std::vector<Marked> all_;
  std::string problem_;
};

const Json* find_argument(const Json& arguments, const std::vector<std::string>& path) {
  const Json* at = &arguments;
  for (const std::string& name : path) {
    if (!at->is_object() || !at->contains(name)) return nullptr;
    at = &(*at)[name];
  }
  return at;
}

/// Whether it has a form in a header.
bool to_text(const Json& value, std::string& text) {
  if (value.is_string()) {
    text = value.get<std::string>();
  } else if (value.is_number_float() && std::trunc(value.get<double>()) == value.get<double>() &&
             std::abs(value.get<double>()) < 9e15) {
    text = std::to_string(static_cast<std::int64_t>(value.get<double>()));
  } else if (value.is_boolean() || value.is_number_integer()) {
    text = value.dump();
  } else {
    return false;
  }
  return true;
}

bool is_plain(const std::string& text) {
  const auto allowed = [](char c) { return c == '\t' || (c >= ' ' && c <= '~'); };
  const bool looks_encoded = text.starts_with("=?base64?") && text.ends_with("?=");
  return !text.empty() && !looks_encoded && trimmed(text).size() == text.size() &&
         std::all_of(text.begin(), text.end(), allowed);
}

}  // namespace

std::string param_headers_problem(const std::string& schema) {
  return Marks(Json::parse(schema, nullptr, false)).problem();
}

HttpHeaders param_headers(const std::string& schema, std::string_view arguments) {
  HttpHeaders headers;
  if (schema.find(kMark) == std::string::npos) return headers;
  const Marks marks(Json::parse(schema, nullptr, false));
  const Json values = Json::parse(arguments, nullptr, false);
  if (!marks.problem().empty()) return headers;
  for (const Marked& marked : marks.all()) {
    const Json* value = find_argument(values, marked.path);
    std::string text;
    if (value != nullptr && to_text(*value, text))
      headers.emplace_back("Mcp-Param-" + marked.header, header_value(text));
  }
  return headers;
}

std::string header_value(const std::string& text) {
  return is_plain(text) ? text : "=?base64?" + base64(text) + "?=";
}

std::string base64(std::string_view bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i)
      group = group << 8 | (at + i < bytes.size() ? static_cast<unsigned char>(bytes[at + i]) : 0U);
    for (std::size_t i = 0; i < 4; ++i)
      text += at + i > bytes.size() ? '=' : kDigits[group >> (18 - 6 * i) & 63];
  }
  return text;
}

}  // namespace agentd
