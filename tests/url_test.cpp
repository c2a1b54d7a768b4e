#include "core/url.h"

#include "tests/support/catch.h"

namespace agentd {
namespace {

/// "" for what is none.
std::string parsed(std::string_view text) {
  const std::optional<Url> url = parse_url(text);
  return url ? to_string(*url) : "";
}

std::string resolved(std::string_view from, std::string_view reference) {
  const std::optional<Url> url = resolve_url(parse_url(from).value(), reference);
  return url ? to_string(*url) : "";
}

}  // namespace

TEST_CASE("a URL is taken apart and put together in one form", "[url]") {
  const std::pair<std::string, std::string> rows[] = {
      {"http://a", "http://a/"},
      {"HTTPS://A.Example/B", "https://a.example/B"},
      {"http://a:80/", "http://a/"},
      {"https://a:443/", "https://a/"},
      {"https://a:80/", "https://a:80/"},
      {"http://a:/x", "http://a/x"},
      {"http://a:8080?q=1#top", "http://a:8080/?q=1"},
      {" http://a/\tb\n", "http://a/b"},
      {"http://a/b c?d e", "http://a/b%20c?d%20e"},
      {"http://a/é?ü", "http://a/%C3%A9?%C3%BC"},
      {"http://münchen.example/", "http://münchen.example/"},
      {"http://[::1]:81/x", "http://[::1]:81/x"},
      {"http://a/%zz%41", "http://a/%zz%41"},
      {"http://a/b/../c/./d", "http://a/c/d"},
      {"http://a/../../b", "http://a/b"},
      {"http://a/b/..", "http://a/"},
      {"http://a/b/.", "http://a/b/"},
      {"http://a/b/%2E%2e/c", "http://a/c"},
      {"http://a/b/.%2e/c", "http://a/c"},
      {"http://a//b//", "http://a//b//"},
      {"http://a/..b/.../c..", "http://a/..b/.../c.."},
      {"http://a?x=../y", "http://a/?x=../y"},
      {"http://a/b#c?d", "http://a/b"},
  };
  for (const auto& [text, expected] : rows) {
    INFO(text);
    CHECK(parsed(text) == expected);
    CHECK(parsed(expected) == expected);
  }
}

TEST_CASE("what could be read in two ways is no URL", "[url]") {
  for (const char* text : {"",
                           "a",
                           "/a",
                           "//a",
                           "http:",
                           "http:/a",
                           "http:a",
                           "http://",
                           "http:///a",
                           "http://:80/",
                           "http://?",
                           "ftp://a/",
                           "file:///etc/passwd",
                           "javascript:alert(1)",
                           "data:text/plain,x",
                           "http://user@a/",
                           "http://user:pass@a/",
                           "http://a@b@c/",
                           "http://a\\@b/",
                           "http://a\\b/",
                           "http://a%2eb/",
                           "http://a b/",
                           "http://a:b/",
                           "http://a:0/",
                           "http://a:65536/",
                           "http://a:-1/",
                           "http://a:1:2/",
                           "http://[::1/",
                           "http://[::1]x/",
                           "http://[]x",
                           "http://[a%25b]/",
                           "http://[g]/",
                           "http://a]/",
                           "ht tp://a",
                           "1http://a/"}) {
    INFO(text);
    CHECK(parsed(text) == "");
  }
  CHECK(parsed(std::string("http://a\0b/", 11)) == "");
  CHECK(parsed("http://a/" + std::string(9'000, 'x')) == "");
}

TEST_CASE("a reference leads where a browser would go", "[url]") {
  const std::string from = "https://a.example/b/c/d?q";
  const std::pair<std::string, std::string> rows[] = {
      {"g", "https://a.example/b/c/g"},
      {"./g/", "https://a.example/b/c/g/"},
      {"../g", "https://a.example/b/g"},
      {"../../../g", "https://a.example/g"},
      {"/g", "https://a.example/g"},
      {"//h/g", "https://h/g"},
      {"?y", "https://a.example/b/c/d?y"},
      {"?y#z", "https://a.example/b/c/d?y"},
      {"#z", "https://a.example/b/c/d?q"},
      {"", "https://a.example/b/c/d?q"},
      {"http://h", "http://h/"},
      {" g\n", "https://a.example/b/c/g"},
      {"g?a=b:c", "https://a.example/b/c/g?a=b:c"},
      {"mailto:x@y", ""},
      {"JavaScript:x()", ""},
      {"java\nscript:x()", ""},
      {"//user@h/", ""},
      {"http:g", ""},
  };
  for (const auto& [reference, expected] : rows) {
    INFO(reference);
    CHECK(resolved(from, reference) == expected);
  }
  CHECK(resolved(from, std::string(9'000, 'x')) == "");
}

TEST_CASE("scheme, host and port make an origin", "[url]") {
  const Url url = parse_url("https://a/b").value();
  CHECK(same_origin(url, parse_url("https://A:443/c").value()));
  for (const char* other : {"http://a/b", "https://b/b", "https://a:444/b", "https://a./b"})
    CHECK_FALSE(same_origin(url, parse_url(other).value()));
}

}  // namespace agentd
