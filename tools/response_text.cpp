#include "tools/response_text.h"

#include <algorithm>
#include <array>

#include "core/text.h"
#include "tools/answers.h"
#include "tools/charset.h"
#include "tools/html_text.h"

namespace agentd {
namespace {

constexpr std::size_t kShownOfErrors = 2'000;

/// "text/html", in lower case; empty if the server does not say.
std::string media_type(std::string_view content_type) {
  std::string type(trimmed(content_type.substr(0, content_type.find(';'))));
  for (char& c : type) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return type;
}

bool looks_like_html(std::string_view body) {
  std::string begin(trimmed(body.substr(0, 512)).substr(0, 14));
  for (char& c : begin) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return begin.starts_with("<!doctype html") || begin.starts_with("<html");
}

bool is_html(const std::string& type, std::string_view body) {
  return type == "text/html" || type == "application/xhtml+xml" || (type.empty() && looks_like_html(body));
}

bool looks_like_text(std::string_view body) {
  const auto is_binary = [](char c) {
    return static_cast<unsigned char>(c) < 0x20 &&
           std::string_view("\t\r\n\f\x1b").find(c) == std::string_view::npos;
  };
  body = body.substr(0, 4096);
  return std::none_of(body.begin(), body.end(), is_binary);
}

bool is_text(const std::string& type, std::string_view body) {
  constexpr std::array<std::string_view, 12> kTexts = {
      "application/ecmascript", "application/graphql", "application/javascript", "application/json",
      "application/jsonl",      "application/ld+json", "application/sql",        "application/toml",
      "application/x-ndjson",   "application/x-sh",    "application/xml",        "application/yaml"};
  const bool is_named = type.starts_with("text/") || type.ends_with("+json") || type.ends_with("+xml") ||
                        type.ends_with("+yaml") || type == "application/x-yaml" ||
                        std::find(kTexts.begin(), kTexts.end(), type) != kTexts.end();
  return is_named || ((type.empty() || type == "application/octet-stream") && looks_like_text(body));
}

std::string page_text(const std::string& html, const Fetched& fetched) {
  const Page page = html_text(html, parse_url(fetched.url).value_or(Url()));
  std::string text;
  if (!page.title.empty()) text = fill(sentence("page_title"), {{"title", page.title}}) + "\n\n";
  text += page.text.empty() ? std::string(sentence("page_empty")) : page.text;
  if (page.is_cut) text += "\n" + std::string(sentence("page_cut"));
  return text;
}

std::string body_text(const Fetched& fetched, PageForm form) {
  const std::string* header = find_header(fetched.headers, "content-type");
  const std::string content_type = header == nullptr ? "" : *header;
  const std::string type = media_type(content_type);
  if (fetched.body.empty()) return std::string(sentence("http_empty"));
  const bool is_page = is_html(type, fetched.body);
  if (!is_page && !is_text(type, fetched.body)) {
    const std::string size = std::to_string(fetched.body.size()) + (fetched.is_cut ? "+" : "");
    return fill(sentence("http_binary"), {{"type", type.empty() ? "unknown" : type}, {"size", size}});
  }
  std::string text = to_utf8(fetched.body, content_type);
  if (is_page && form == PageForm::Text) text = page_text(text, fetched);
  if (fetched.is_cut)
    text += "\n" + fill(sentence("http_cut"), {{"size", std::to_string(fetched.body.size())}});
  return text;
}

}  // namespace

ToolAnswer response_answer(const Fetched& fetched, PageForm form, const OutputSink& output) {
  using Kind = HttpFailure::Kind;
  if (fetched.failure) {
    if (fetched.failure->kind == Kind::Interrupted) return {Outcome::Unknown, "", true};
    return failed(fill(sentence("http_failed"), {{"why", to_valid_utf8(fetched.failure->message)}}));
  }
  std::string text = body_text(fetched, form);
  const std::string status = fill(sentence("http_status"), {{"status", std::to_string(fetched.status)}});
  if (fetched.status >= 400) return failed(status + "\n" + cut_middle(text, kShownOfErrors, "[…]"));
  if (fetched.status >= 300) {
    const std::string* location = find_header(fetched.headers, "location");
    if (location != nullptr) text = fill(sentence("http_elsewhere"), {{"url", to_valid_utf8(*location)}});
    return failed(status + "\n" + text);
  }
  output(text);
  return {};
}

}  // namespace agentd
