#include "core/model/aws_credentials.h"

#include <map>

#include "core/error.h"
#include "tests/support/catch.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_http.h"
#include "tests/support/fake_stop.h"

namespace agentd {
namespace {

constexpr std::int64_t kNow = 1'795'352'400'000;  // 2026-11-22T13:00:00Z

const std::string kStsAnswer =
    "<AssumeRoleWithWebIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n"
    "<AssumeRoleWithWebIdentityResult><Audience>a</Audience><Credentials>\n<AccessKeyId>ASIA1</AccessKeyId>"
    "<SecretAccessKey>s/1&amp;&lt;</SecretAccessKey><SessionToken>t1==</SessionToken>"
    "<Expiration>2026-11-22T14:00:00Z</Expiration></Credentials></AssumeRoleWithWebIdentityResult>\n"
    "</AssumeRoleWithWebIdentityResponse>";

std::string container_answer(const std::string& id, const std::string& expiration) {
  return R"({"RoleArn":"r","AccessKeyId":")" + id +
         R"(","SecretAccessKey":"s2","Token":"t2","Expiration":")" + expiration + R"("})";
}

struct Bench {
  std::map<std::string, std::string> variables = {};
  std::map<std::string, std::string> files = {};
  FakeHttp http = {};
  FakeClock clock{kNow};
  std::vector<std::string> read = {};
  Secrets secrets = {};

  Environment environment() {
    return [this](const std::string& name) { return at(variables, name); };
  }
  ReadFile read_file() {
    return [this](const std::string& path) {
      read.push_back(path);
      return at(files, path);
    };
  }
  AwsProfile profile() { return read_aws_profile(environment(), read_file()); }
  AwsCredentialSource source() {
    return {{http, clock, secrets, environment(), read_file()}, profile(), "eu-west-1"};
  }
  /// The keys, or why there are none.
  std::string get() {
    try {
      auto found = source();
      return describe(found.get(NeverStop()));
    } catch (const Error& error) {
      CHECK(error.exit() == Exit::Usage);
      CHECK(http.requests.empty());
      return error.what();
    }
  }
  std::string region() {
    try {
      return aws_region(environment(), profile());
    } catch (const Error& error) {
      return error.what();
    }
  }

  static std::string describe(const AwsCredentialSource::Result& result) {
    if (const auto* keys = std::get_if<AwsCredentials>(&result))
      return keys->access_key_id + " " + keys->secret_access_key + " " + keys->session_token;
    if (std::holds_alternative<Interrupted>(result)) return "interrupted";
    const auto& failed = std::get<ModelFailed>(result);
    return failed.reason + (failed.retryable ? " again: " : ": ") + failed.message;
  }
  static std::optional<std::string> at(const std::map<std::string, std::string>& map,
                                       const std::string& key) {
    const auto found = map.find(key);
    return found == map.end() ? std::nullopt : std::optional(found->second);
  }
};

const std::map<std::string, std::string> kWebIdentity = {{"AWS_WEB_IDENTITY_TOKEN_FILE", "/token"},
                                                         {"AWS_ROLE_ARN", "arn:aws:iam::1:role/a b"}};
const std::map<std::string, std::string> kAgent = {
    {"AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:8080/creds?a=b"},
    {"AWS_CONTAINER_AUTHORIZATION_TOKEN", "Basic abc"}};

}  // namespace

TEST_CASE("the keys in the environment win over everything, AWS_PROFILE too") {
  Bench bench{{{"AWS_ACCESS_KEY_ID", " AKIA\n"},
               {"AWS_SECRET_ACCESS_KEY", "secret"},
               {"AWS_SESSION_TOKEN", "token"},
               {"AWS_PROFILE", "missing"},
               {"AWS_WEB_IDENTITY_TOKEN_FILE", "/token"},
               {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/a"}}};
  CHECK(bench.get() == "AKIA secret token");
  CHECK(bench.http.requests.empty());
  bench.variables.erase("AWS_SECRET_ACCESS_KEY");
  CHECK(bench.get() == "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY go together: set AWS_SECRET_ACCESS_KEY");
}

TEST_CASE("where there are no credentials the variables to set are named, before any request") {
  Bench bench;
  CHECK(
      bench.get() ==
      "no AWS credentials: set AWS_BEARER_TOKEN_BEDROCK, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or "
      "AWS_PROFILE with keys in ~/.aws/credentials");
}

TEST_CASE("a profile's keys are those of both files, and the credentials file wins") {
  Bench bench{
      {{"HOME", "/home/me"}},
      {{"/home/me/.aws/credentials",
        "# keys\r\n[default]\r\naws_access_key_id = AKIA1\r\naws_secret_access_key=a=b/c+ ; mine\r\n"
        "[work]\naws_access_key_id=AKIA2\naws_secret_access_key=s2\naws_session_token = t2\n"},
       {"/home/me/.aws/config",
        "[default]\nregion = eu-north-1\naws_access_key_id = OLD\ns3 =\n  region = nested\n"
        "[profile  work]\nregion=ap-south-1 # far\n[work]\nregion=wrong\n[profile empty]\nregion=x"}}};
  CHECK(bench.get() == "AKIA1 a=b/c+ ");
  CHECK(bench.region() == "eu-north-1");
  bench.variables["AWS_PROFILE"] = "work";
  CHECK(bench.get() == "AKIA2 s2 t2");
  CHECK(bench.region() == "ap-south-1");
  bench.variables["AWS_PROFILE"] = "empty";
  CHECK_THAT(bench.get(), ContainsSubstring("no AWS credentials"));
  bench.variables["AWS_PROFILE"] = "nobody";
  CHECK(bench.get() ==
        "the AWS profile nobody (AWS_PROFILE) is neither in ~/.aws/credentials nor in ~/.aws/config");
}

TEST_CASE("the shared files may stand elsewhere") {
  Bench bench{{{"HOME", "/h"}, {"AWS_SHARED_CREDENTIALS_FILE", "~/c"}, {"AWS_CONFIG_FILE", "/etc/aws"}},
              {{"/h/c", "[default]\naws_access_key_id=A\naws_secret_access_key=B"},
               {"/etc/aws", "[profile default]\nregion=us-gov-west-1"}}};
  CHECK(bench.get() == "A B ");
  CHECK(bench.region() == "us-gov-west-1");
}

TEST_CASE("a profile that gets its keys in another way is refused with a way out") {
  for (const char* way : {"role_arn", "sso_session", "sso_start_url", "credential_process"}) {
    Bench bench{{{"HOME", "/h"}, {"AWS_PROFILE", "dev"}},
                {{"/h/.aws/config", "[profile dev]\n" + std::string(way) + " = x\n"}}};
    CHECK(bench.get() ==
          "the AWS profile dev uses " + std::string(way) +
              ", which agentd does not do: put its keys into the environment with eval \"$(aws "
              "configure export-credentials --format env --profile dev)\"");
  }
  Bench half{{{"HOME", "/h"}}, {{"/h/.aws/credentials", "[default]\naws_access_key_id=A"}}};
  CHECK(half.get() ==
        "the AWS profile default has one of aws_access_key_id and aws_secret_access_key, and needs both");
}

TEST_CASE("files that are no profiles are as none") {
  for (const char* text : {"", "[", "]", "[]", "[default", "=", "[default]\n=\n = \nx", "\xff\xfe\n\n["}) {
    Bench bench{{{"HOME", "/h"}}, {{"/h/.aws/credentials", text}, {"/h/.aws/config", text}}};
    CHECK_THAT(bench.get(), ContainsSubstring("no AWS credentials"));
  }
}

TEST_CASE("a region comes from the environment or the profile, and must be one") {
  Bench bench{{{"HOME", "/h"}}, {{"/h/.aws/config", "[default]\nregion=eu-north-1"}}};
  CHECK(bench.region() == "eu-north-1");
  bench.variables["AWS_DEFAULT_REGION"] = "us-east-2";
  CHECK(bench.region() == "us-east-2");
  bench.variables["AWS_REGION"] = "us-west-2\n";
  CHECK(bench.region() == "us-west-2");
  bench.variables["AWS_REGION"] = "x.evil.com/";
  CHECK(bench.region() == "'x.evil.com/' is no AWS region (AWS_REGION)");
  CHECK(Bench().region() ==
        "no AWS region: set AWS_REGION, for example to us-east-1, or region in the profile default of "
        "~/.aws/config");
}

TEST_CASE("a service's host follows the partition of the region") {
  CHECK(aws_host("sts", "eu-west-1") == "sts.eu-west-1.amazonaws.com");
  CHECK(aws_host("sts", "cn-north-1") == "sts.cn-north-1.amazonaws.com.cn");
  CHECK(aws_host("sts", "eusc-de-east-1") == "sts.eusc-de-east-1.amazonaws.eu");
}

TEST_CASE("a web identity is exchanged for keys at the region's token service") {
  Bench bench{kWebIdentity, {{"/token", "eyJ.a+b/c=\n"}}};
  bench.http.responses = {{.body = kStsAnswer}};
  CHECK(bench.get() == "ASIA1 s/1&< t1==");
  REQUIRE(bench.http.requests.size() == 1);
  const HttpRequest& request = bench.http.requests[0];
  CHECK(request.method == "POST");
  CHECK(request.url == "https://sts.eu-west-1.amazonaws.com/");
  CHECK(request.headers == HttpHeaders{{"Content-Type", "application/x-www-form-urlencoded"}});
  CHECK(request.body ==
        "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fa%20b"
        "&RoleSessionName=agentd&WebIdentityToken=eyJ.a%2Bb%2Fc%3D");
}

TEST_CASE("a web identity may have a name, another endpoint, and stand in a profile") {
  Bench bench{
      {{"HOME", "/h"}, {"AWS_ENDPOINT_URL_STS", "http://127.0.0.1:9/"}},
      {{"/h/.aws/config", "[default]\nweb_identity_token_file=/t\nrole_arn=arn:r\nrole_session_name=me"},
       {"/t", "jwt"}}};
  bench.http.responses = {{.body = kStsAnswer}};
  CHECK(bench.get() == "ASIA1 s/1&< t1==");
  CHECK(bench.http.requests[0].url == "http://127.0.0.1:9/");
  CHECK(bench.http.requests[0].body ==
        "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Ar&RoleSessionName=me"
        "&WebIdentityToken=jwt");
}

TEST_CASE("a web identity that cannot be exchanged says why, and whether to try again") {
  Bench bench{kWebIdentity, {{"/token", "jwt"}}};
  const auto answer = [&](int status, const std::string& body) {
    bench.http.responses = {{.status = status, .body = body}};
    return bench.get();
  };
  const std::string error =
      "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>Not "
      "authorized</Message></Error></ErrorResponse>";
  CHECK(answer(403, error) == "auth: AWS credentials were refused with 403: AccessDenied: Not authorized");
  CHECK(answer(400, "<Error><Code>IDPCommunicationError</Code></Error>") ==
        "overloaded again: AWS credentials were refused with 400: IDPCommunicationError");
  CHECK(answer(400, "<Error><Code>Throttling</Code></Error>") ==
        "rate_limit again: AWS credentials were refused with 400: Throttling");
  CHECK(answer(503, "") == "overloaded again: AWS credentials were refused with 503");
  CHECK(answer(200, "<html></html>") == "auth: AWS credentials: the answer has no keys");
  CHECK(answer(200, kStsAnswer.substr(0, 300)) == "auth: AWS credentials: the answer has no keys");
  bench.http.responses = {{.status = 0, .failure = HttpFailure{HttpFailure::Kind::Connect, "no route"}}};
  CHECK(bench.get() == "network again: AWS credentials: no route");
  bench.http.responses = {{.body = kStsAnswer, .failure = HttpFailure{HttpFailure::Kind::Idle, "silence"}}};
  CHECK(bench.get() == "timeout again: AWS credentials: silence");
  bench.files["/token"] = "two\nlines";
  CHECK(bench.get() == "auth: AWS credentials: there is no token in /token");
  bench.files.clear();
  CHECK(bench.get() == "auth: AWS credentials: there is no token in /token");
  bench.variables.erase("AWS_ROLE_ARN");
  bench.http.requests.clear();
  CHECK(bench.get() == "AWS_WEB_IDENTITY_TOKEN_FILE is set, so AWS_ROLE_ARN must be set too");
}

TEST_CASE("a container's agent is asked with its token") {
  Bench bench{kAgent};
  bench.http.responses = {{.body = container_answer("ASIA2", "2026-11-22T14:00:00Z")}};
  CHECK(bench.get() == "ASIA2 s2 t2");
  REQUIRE(bench.http.requests.size() == 1);
  CHECK(bench.http.requests[0].method == "GET");
  CHECK(bench.http.requests[0].url == "http://127.0.0.1:8080/creds?a=b");
  CHECK(bench.http.requests[0].headers ==
        HttpHeaders{{"Accept", "application/json"}, {"Authorization", "Basic abc"}});
  bench.variables["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = "/token";
  CHECK(bench.get() == "auth: AWS credentials: there is no token in /token");
  bench.files["/token"] = "fresh\n";
  bench.variables["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/v2/creds/x";
  bench.http.responses = {{.status = 404, .body = R"({"code":"NoRole","message":"no role"})"}};
  CHECK(bench.get() == "auth: AWS credentials were refused with 404: NoRole: no role");
  CHECK(bench.http.requests.back().url == "http://169.254.170.2/v2/creds/x");
  CHECK_FALSE(bench.http.requests.back().use_proxy);
  CHECK(*find_header(bench.http.requests.back().headers, "authorization") == "fresh");
  bench.variables["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "@evil.com/";
  bench.http.requests.clear();
  CHECK(bench.get() == "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI must begin with a slash");
}

TEST_CASE("keys are asked for without encryption on this host and at two addresses of AWS alone") {
  for (const char* good : {"https://example.com/x", "http://localhost/", "http://localhost:80/x",
                           "http://127.0.0.1", "http://127.1.2.3:8080/a", "http://[::1]:80/",
                           "http://169.254.170.2/v2", "http://169.254.170.23/v1", "http://[fd00:ec2::23]/v1"})
    CHECK(is_container_url(good));
  for (const char* bad :
       {"", "ftp://localhost/", "http://", "http://example.com/", "http://127.0.0.1.example.com/",
        "http://127.evil/", "http://127.0.0.1@example.com/", "http://169.254.169.254/", "http://127.0.0.256/",
        "http://127.1/", "http://[::1", "http://[::2]/", "http://[::1]evil.com/", "http://localhost.evil/",
        "http://127.0.0.1\\@evil.com/", "http://169.254.170.2%40evil.com/", "HTTP://example.com/"}) {
    INFO(bad);
    CHECK_FALSE(is_container_url(bad));
  }
  Bench bench{{{"AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://example.com/"}}};
  CHECK_THAT(bench.get(),
             ContainsSubstring("AWS_CONTAINER_CREDENTIALS_FULL_URI must be https, or on this host"));
}

TEST_CASE("temporary credentials are kept until five minutes before they expire") {
  Bench bench{kAgent};
  auto source = bench.source();
  const auto get = [&] { return Bench::describe(source.get(NeverStop())); };
  bench.http.responses = {{.body = container_answer("ONE", "2026-11-22T14:00:00Z")},
                          {.body = container_answer("TWO", "2026-11-22T15:00:00.123Z")}};
  CHECK(get() == "ONE s2 t2");
  bench.clock.now = kNow + 55 * 60'000 - 1;
  CHECK(get() == "ONE s2 t2");
  bench.clock.now += 1;
  CHECK(get() == "TWO s2 t2");
  CHECK(bench.http.requests.size() == 2);

  // While they hold, a service that is down is no harm; one that refuses is.
  bench.clock.now = kNow + 116 * 60'000;
  bench.http.responses = {{.status = 503}, {.status = 403}, {.status = 503}};
  CHECK(get() == "TWO s2 t2");
  CHECK(get() == "auth: AWS credentials were refused with 403");
  bench.clock.now = kNow + 120 * 60'000;
  CHECK(get() == "overloaded again: AWS credentials were refused with 503");
}

TEST_CASE("credentials without an expiry are kept, with one that cannot be read they are used once") {
  Bench bench{kAgent};
  bench.http.responses = {{.body = container_answer("ONE", "soon")}, {.body = container_answer("TWO", "")}};
  auto source = bench.source();
  CHECK(Bench::describe(source.get(NeverStop())) == "ONE s2 t2");
  CHECK(Bench::describe(source.get(NeverStop())) == "TWO s2 t2");
  bench.clock.now += 1'000'000'000'000;
  CHECK(Bench::describe(source.get(NeverStop())) == "TWO s2 t2");
}

TEST_CASE("an interruption while credentials are fetched is one of the call") {
  Bench bench{kAgent};
  FakeStop stop;
  stop.signal();
  auto source = bench.source();
  CHECK(Bench::describe(source.get(stop)) == "interrupted");
}

TEST_CASE("an answer of any size and form is read without harm") {
  Bench bench{kAgent};
  for (const std::string& body :
       {std::string(1 << 20, 'x'), std::string(300'000, '['), std::string("{}"), std::string("[]"),
        std::string(R"({"AccessKeyId":1,"SecretAccessKey":null})"), std::string("\xff")}) {
    bench.http.responses = {{.body = body}};
    CHECK(bench.get() == "auth: AWS credentials: the answer has no keys");
  }
}

}  // namespace agentd
