#include "core/model/key_probe.h"

#include <algorithm>
#include <map>

#include "tests/support/catch.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_http.h"
#include "tests/support/fake_stop.h"

using namespace agentd;

namespace {

using Variables = std::map<std::string, std::string>;

const Variables kKeys = {{"ANTHROPIC_API_KEY", "secret-a"}, {"OPENAI_API_KEY", "secret-o"},
                         {"GEMINI_API_KEY", "secret-g"},    {"AWS_REGION", "eu-west-1"},
                         {"AWS_ACCESS_KEY_ID", "AKID"},     {"AWS_SECRET_ACCESS_KEY", "secret-w"}};

/// What is asked, and what is found, of all providers.
class Probe {
 public:
  explicit Probe(Variables variables, const FakeResponse& response = {}) : variables_(std::move(variables)) {
    http.responses.assign(4, response);
  }
  Findings look() { return probe_keys(world()); }
  Findings attempt() { return try_keys(world(), NeverStop()); }

  FakeHttp http;

 private:
  ModelWorld world() {
    const auto environment = [this](const std::string& name) -> std::optional<std::string> {
      const auto found = variables_.find(name);
      return found == variables_.end() ? std::nullopt : std::optional(found->second);
    };
    return {http, clock_, secrets_, environment, {}};
  }

  Variables variables_;
  Secrets secrets_;
  FakeClock clock_{1'800'000'000'000};
};

Finding named(const Findings& findings, const std::string& name) {
  for (const Finding& finding : findings)
    if (finding.name == name) return finding;
  FAIL("no finding " << name);
  return {};
}

Verdict verdict_of(int status, const std::string& body = "") {
  return named(Probe(kKeys, {.status = status, .body = body}).attempt(), "openai").verdict;
}

bool has_secret(const Findings& findings) {
  return std::any_of(findings.begin(), findings.end(), [](const Finding& finding) {
    return (finding.text + finding.fix).find("secret-") != std::string::npos;
  });
}

}  // namespace

TEST_CASE("A key that is set is told by its name alone, and nothing is sent") {
  Probe probe(kKeys);
  const Findings findings = probe.look();
  std::vector<std::string> names;
  for (const Finding& finding : findings) {
    names.push_back(finding.name);
    CHECK(finding.verdict == Verdict::Ok);
  }
  CHECK(names == std::vector<std::string>{"anthropic", "bedrock", "gemini", "openai"});
  CHECK(named(findings, "openai").text == "OPENAI_API_KEY is set");
  CHECK(named(findings, "bedrock").text ==
        "signed with the keys in AWS_ACCESS_KEY_ID; they must be allowed to invoke this model in eu-west-1");
  CHECK_FALSE(has_secret(findings));
  CHECK(probe.http.requests.empty());
}

TEST_CASE("A key that is missing comes with what to set, and nothing is sent for it") {
  Probe probe(Variables{});
  for (const Findings& findings : {probe.look(), probe.attempt()})
    for (const Finding& finding : findings) {
      CHECK(finding.verdict == Verdict::Warn);
      CHECK_THAT(finding.fix, ContainsSubstring("set "));
    }
  CHECK(probe.http.requests.empty());
  CHECK(named(probe.look(), "gemini").fix ==
        "set the variable GEMINI_API_KEY, or name another one in model.api_key_env");
  CHECK(named(Probe(Variables{{"OPENAI_BASE_URL", "http://h/v1"}}).look(), "openai").text ==
        "no key, and a server of your own (OPENAI_BASE_URL)");
  const Findings broken = Probe(Variables{{"OPENAI_API_KEY", "secret-\n-x"}}).look();
  CHECK(named(broken, "openai").verdict == Verdict::Warn);
  CHECK_FALSE(has_secret(broken));
}

TEST_CASE("A key is tried with a list of models, where the provider has it") {
  Probe probe(kKeys);
  for (const Finding& finding : probe.attempt()) CHECK(finding.verdict == Verdict::Ok);
  std::vector<std::string> urls;
  for (const HttpRequest& request : probe.http.requests) {
    urls.push_back(request.url);
    CHECK(request.method == "GET");
    CHECK(request.body.empty());
  }
  CHECK(urls == std::vector<std::string>{"https://api.anthropic.com/v1/models?limit=1",
                                         "https://bedrock.eu-west-1.amazonaws.com/foundation-models",
                                         "https://generativelanguage.googleapis.com/v1beta/models?pageSize=1",
                                         "https://api.openai.com/v1/models"});
  const auto header = [&](std::size_t request, const char* name) {
    const std::string* value = find_header(probe.http.requests.at(request).headers, name);
    return value == nullptr ? "" : *value;
  };
  CHECK(header(0, "x-api-key") == "secret-a");
  CHECK_THAT(header(1, "Authorization"), ContainsSubstring("AKID/20270115/eu-west-1/bedrock/aws4_request"));
  CHECK(header(3, "Authorization") == "Bearer secret-o");
}

TEST_CASE("What a server answers to a key is told apart") {
  CHECK(verdict_of(200) == Verdict::Ok);
  CHECK(verdict_of(401) == Verdict::No);
  CHECK(verdict_of(403) == Verdict::No);
  CHECK(verdict_of(403, "User x is not authorized to perform: bedrock:ListFoundationModels") == Verdict::Ok);
  CHECK(verdict_of(400) == Verdict::Warn);
  CHECK(verdict_of(400, R"({"error":{"message":"API key not valid."}})") == Verdict::No);
  CHECK(verdict_of(404) == Verdict::Ok);
  CHECK(verdict_of(429) == Verdict::Ok);
  CHECK(verdict_of(503) == Verdict::Warn);
  const Findings refused = Probe(kKeys, {.status = 401, .body = "secret-o is wrong"}).attempt();
  CHECK(named(refused, "openai").text == "the server refused the key in OPENAI_API_KEY with 401");
  CHECK(named(refused, "bedrock").text == "the server refused the credentials with 401");
  CHECK_FALSE(has_secret(refused));
  for (const Finding& finding : refused) CHECK_FALSE(finding.fix.empty());
}

TEST_CASE("A server that cannot be reached stops runs, and no key is in the message") {
  const FakeResponse lost{.status = 0,
                          .failure = HttpFailure{HttpFailure::Kind::Connect, "no way to secret-o"}};
  const Finding found = named(Probe(kKeys, lost).attempt(), "openai");
  CHECK(found.verdict == Verdict::No);
  CHECK(found.text == "no way to [secret]");
  CHECK(found.fix == "check the network, HTTPS_PROXY and DNS");
}
