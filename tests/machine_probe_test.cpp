#include "core/os/machine_probe.h"

#include "core/os/certificates.h"
#include "core/os/curl_http_probe.h"
#include "core/os/sandbox.h"
#include "tests/support/catch.h"
#include "tests/support/temp_folder.h"
#include "tests/support/variable.h"

using namespace agentd;

namespace {

constexpr std::int64_t kSomeTime = 1'800'000'000'000;

Finding named(const Findings& findings, const std::string& name) {
  for (const Finding& finding : findings)
    if (finding.name == name) return finding;
  FAIL("no finding " << name);
  return {};
}

}  // namespace

TEST_CASE("A clock that cannot be right stops runs", "[os]") {
  CHECK(named(probe_machine(kSomeTime), "clock").verdict == Verdict::Ok);
  const Finding past = named(probe_machine(0), "clock");
  CHECK(past.verdict == Verdict::No);
  CHECK(past.text == "says that it is 1970-01-01T00:00:00Z");
}

TEST_CASE("A folder for temporary files that cannot be written to comes with a fix", "[os]") {
  const Variable temporary("TMPDIR", "/nowhere/at/all");
  const Finding found = named(probe_machine(kSomeTime), "temporary files");
  CHECK(found.verdict == Verdict::Warn);
  CHECK_THAT(found.text, ContainsSubstring("/nowhere/at/all cannot be written to"));
  CHECK_FALSE(found.fix.empty());
}

TEST_CASE("What the sandbox cannot keep from programs is told as it is", "[os]") {
  const Finding found = named(probe_machine(kSomeTime), "sandbox");
  const SandboxSupport support = sandbox_support();
  CHECK((found.verdict == Verdict::Ok) == support.gaps.empty());
  CHECK(found.fix.empty() == support.gaps.empty());
  for (const std::string& gap : support.gaps) CHECK_THAT(found.text, ContainsSubstring(gap));
}

TEST_CASE("Certificates are those that SSL_CERT_FILE names, and must be there", "[os]") {
  const TempFolder folder;
  const std::string good = folder.write("good.pem", "-----BEGIN CERTIFICATE-----\n");
  const std::string bad = folder.write("bad.pem", "none");
  {
    const Variable file("SSL_CERT_FILE", good.c_str());
    CHECK(named(probe_network(), "certificates").verdict == Verdict::Ok);
  }
  for (const std::string& path : {bad, std::string("/nowhere.pem"), std::string("/dev/zero")}) {
    const Variable file("SSL_CERT_FILE", path.c_str());
    const Finding found = named(probe_network(), "certificates");
    CHECK(found.verdict == Verdict::No);
    CHECK_THAT(found.text, ContainsSubstring(path));
  }
}

TEST_CASE("Certificates are looked for where distributions keep them", "[os]") {
  {
    const Variable file("SSL_CERT_FILE", "/my.pem");
    CHECK(certificate_file() == "/my.pem");
  }
  const Variable none("SSL_CERT_FILE", "");
  const std::string found = certificate_file();
  if (found.empty()) return;  // a machine without any
  CHECK(found.starts_with("/etc/"));
  CHECK(named(probe_network(), "certificates").text == found);
}

TEST_CASE("A proxy is told without who uses it", "[os]") {
  const Variable proxy("HTTPS_PROXY", "http://me:secret-1@proxy:3128"), none("NO_PROXY", "localhost");
  const std::string text = named(probe_network(), "proxy").text;
  CHECK_THAT(text,
             ContainsSubstring("HTTPS_PROXY http://proxy:3128") && ContainsSubstring("NO_PROXY localhost"));
  CHECK(text.find("secret-1") == std::string::npos);
}
