#include "core/model/sigv4.h"

#include "tests/support/catch.h"

namespace agentd {
namespace {

constexpr std::int64_t kTime = 1'440'938'160'000;  // 2015-08-30T12:36:00Z

struct Case {
  std::string promise;
  HttpRequest request;
  std::string signed_headers;
  std::string signature;
  SigningScope scope = {"us-east-1", "service"};
  std::string token = {};
};

HttpRequest get(std::string url) {
  return {.method = "GET", .url = std::move(url)};
}
HttpRequest post(std::string url, std::string type, std::string body) {
  return {.url = std::move(url), .headers = {{"Content-Type", std::move(type)}}, .body = std::move(body)};
}

const std::string kHost = "https://example.amazonaws.com";

/// The first ones are the cases of AWS's own test suite; what they do not cover was checked against botocore.
const std::vector<Case> kCases = {
    {"get-vanilla", get(kHost + "/"), "host;x-amz-date",
     "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
    {"post-vanilla",
     {.url = kHost + "/"},
     "host;x-amz-date",
     "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
    {"get-vanilla-query-order-key-case", get(kHost + "/?Param2=value2&Param1=value1"), "host;x-amz-date",
     "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
    {"get-vanilla-empty-query-key", get(kHost + "/?Param1=value1"), "host;x-amz-date",
     "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb"},
    {"post-vanilla-query",
     {.url = kHost + "/?Param1=value1"},
     "host;x-amz-date",
     "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11"},
    {"get-unreserved", get(kHost + "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"),
     "host;x-amz-date", "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"},
    {"get-utf8", get(kHost + "/ሴ"), "host;x-amz-date",
     "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"},
    {"post-x-www-form-urlencoded", post(kHost + "/", "application/x-www-form-urlencoded", "Param1=value1"),
     "content-type;host;x-amz-date", "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"},
    {"no path and the scheme's port are as a slash and no port", get(kHost + ":443"), "host;x-amz-date",
     "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
    {"a query is sorted by name and value", get(kHost + "/?b=2&a=%20x&b=1&c"), "host;x-amz-date",
     "c4a4707f24c07dfe2a214ee80a2d18f1cdff4f7be37750e487b3ff5c474bed4e"},
    {"a path is encoded once more, and a session's token is signed",
     post("https://bedrock-runtime.us-west-2.amazonaws.com/model/"
          "anthropic.claude-3-5-sonnet-20241022-v2%3A0/converse",
          "application/json", R"({"messages":[]})"),
     "content-type;host;x-amz-date;x-amz-security-token",
     "029f425dedd71cefca233867826fcfe7ef38ffe210d2967823efb4c5b4a62d2f",
     {"us-west-2", "bedrock"},
     "a/token+with=signs"},
    {"a port of its own is part of the host, and an ARN is one segment",
     post("http://127.0.0.1:8080/x/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3A"
          "inference-profile%2Fus.amazon.nova-pro-v1%3A0/converse-stream",
          "application/json", "{}"),
     "content-type;host;x-amz-date",
     "3a14dc3d8f57b8f8f94bcba2f71e68a3e14cfe315034d93d1b39f88868a42598",
     {"us-east-1", "bedrock"}},
};

}  // namespace

TEST_CASE("requests are signed as AWS wants") {
  for (const Case& c : kCases) {
    INFO(c.promise);
    HttpRequest request = c.request;
    sign_request(request, {"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", c.token}, c.scope,
                 kTime);
    CHECK(*find_header(request.headers, "authorization") ==
          "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/" + c.scope.region + "/" + c.scope.service +
              "/aws4_request, SignedHeaders=" + c.signed_headers + ", Signature=" + c.signature);
    CHECK(*find_header(request.headers, "x-amz-date") == "20150830T123600Z");
    const std::string* token = find_header(request.headers, "x-amz-security-token");
    CHECK((token == nullptr ? "" : *token) == c.token);
    CHECK(request.body == c.request.body);
    CHECK(request.url == c.request.url);
  }
}

}  // namespace agentd
