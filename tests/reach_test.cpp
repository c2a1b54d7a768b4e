#include "core/reach.h"

#include "tests/support/catch.h"

namespace agentd {
namespace {

bool is_open(const std::string& address) {
  const std::optional<IpAddress> parsed = parse_address(address);
  REQUIRE(parsed);
  return is_public(*parsed);
}

bool opens(const std::string& entry, const std::string& address, int port) {
  CHECK(allow_problem(entry).empty());
  return may_reach({{entry}}, parse_address(address).value(), port);
}

}  // namespace

TEST_CASE("addresses of this machine, its network and its cloud are not public", "[reach]") {
  for (const char* address : {"0.0.0.0",
                              "0.1.2.3",
                              "10.0.0.0",
                              "10.255.255.255",
                              "100.64.0.0",
                              "100.100.100.200",
                              "100.127.255.255",
                              "127.0.0.1",
                              "127.255.255.255",
                              "168.63.129.16",
                              "169.254.0.0",
                              "169.254.169.254",
                              "172.16.0.0",
                              "172.31.255.255",
                              "192.0.0.192",
                              "192.0.2.1",
                              "192.88.99.1",
                              "192.168.0.0",
                              "192.168.255.255",
                              "198.18.0.0",
                              "198.19.255.255",
                              "198.51.100.7",
                              "203.0.113.7",
                              "224.0.0.1",
                              "239.255.255.255",
                              "240.0.0.1",
                              "255.255.255.255",
                              "::",
                              "::1",
                              "::7f00:1",
                              "::127.0.0.1",
                              "::8.8.8.8",
                              "::ffff:127.0.0.1",
                              "::ffff:8.8.8.8",
                              "::ffff:0:127.0.0.1",
                              "64:ff9b::127.0.0.1",
                              "64:ff9b::10.0.0.1",
                              "64:ff9b::169.254.169.254",
                              "64:ff9b:1::1",
                              "100::1",
                              "2001::1",
                              "2001:0:4136:e378:8000:63bf:3fff:fdd2",
                              "2001:db8::1",
                              "2002:7f00:1::",
                              "2002:808:808::1",
                              "3fff::1",
                              "4000::1",
                              "5f00::1",
                              "fc00::1",
                              "fd00:ec2::254",
                              "fe80::1",
                              "febf::1",
                              "fec0::1",
                              "ff02::1",
                              "ff0e::1"}) {
    INFO(address);
    CHECK_FALSE(is_open(address));
  }
}

TEST_CASE("the rest of the internet is public, next door to what is not", "[reach]") {
  for (const char* address : {"1.0.0.0",
                              "8.8.8.8",
                              "9.255.255.255",
                              "11.0.0.0",
                              "100.63.255.255",
                              "100.128.0.0",
                              "126.255.255.255",
                              "128.0.0.0",
                              "168.63.129.15",
                              "168.63.129.17",
                              "169.253.255.255",
                              "169.255.0.0",
                              "172.15.255.255",
                              "172.32.0.0",
                              "192.0.1.0",
                              "192.167.255.255",
                              "192.169.0.0",
                              "198.17.255.255",
                              "198.20.0.0",
                              "223.255.255.255",
                              "2000::1",
                              "2001:200::1",
                              "2001:4860:4860::8888",
                              "2001:db9::1",
                              "2606:4700::1111",
                              "2a00::1",
                              "64:ff9b::8.8.8.8"}) {
    INFO(address);
    CHECK(is_open(address));
  }
}

TEST_CASE("only the usual notation of an address is one", "[reach]") {
  for (const char* text : {"", "1", "2130706433", "0x7f.0.0.1", "127.1", "0177.0.0.1", "127.0.0.1.",
                           " 127.0.0.1", "[::1]", "::1%lo", "127.0.0.1/8", "1.2.3.4.5", "256.0.0.1"}) {
    INFO(text);
    CHECK_FALSE(parse_address(text));
  }
  CHECK(to_string(parse_address("0:0::0:1").value()) == "::1");
  CHECK(to_string(parse_address("10.0.0.1").value()) == "10.0.0.1");
}

TEST_CASE("an entry of allow opens an address, a network, a port, and nothing beside it", "[reach]") {
  CHECK(opens("10.0.0.5", "10.0.0.5", 80));
  CHECK_FALSE(opens("10.0.0.5", "10.0.0.6", 80));
  CHECK(opens("10.0.0.5:8080", "10.0.0.5", 8080));
  CHECK_FALSE(opens("10.0.0.5:8080", "10.0.0.5", 80));
  CHECK(opens("10.0.0.0/8", "10.1.2.3", 1));
  CHECK(opens("10.0.0.0/8:443", "10.1.2.3", 443));
  CHECK_FALSE(opens("10.0.0.0/8:443", "10.1.2.3", 80));
  CHECK_FALSE(opens("10.0.0.0/9", "10.128.0.0", 1));
  CHECK(opens("0.0.0.0/0", "127.0.0.1", 1));
  CHECK_FALSE(opens("0.0.0.0/0", "::1", 1));
  CHECK(opens("::1", "::1", 1));
  CHECK(opens("[::1]", "::1", 1));
  CHECK(opens("[::1]:8080", "::1", 8080));
  CHECK_FALSE(opens("[::1]:8080", "::1", 80));
  CHECK(opens("fd00::/8", "fd12::1", 1));
  CHECK(opens("[fd00::/8]:80", "fd12::1", 80));
  CHECK_FALSE(opens("127.0.0.1", "::ffff:127.0.0.1", 1));
  CHECK_FALSE(opens("localhost", "127.0.0.1", 1));
  CHECK_FALSE(opens("127.0.0.1.example.com", "127.0.0.1", 1));
}

TEST_CASE("an entry of allow opens a host by its name, whatever its letters", "[reach]") {
  const Reach reach{{"db.internal", "Build.Example:8080"}};
  CHECK(may_reach(reach, "db.internal", 1));
  CHECK(may_reach(reach, "DB.Internal.", 1));
  CHECK(may_reach(reach, "build.example", 8080));
  for (const char* host :
       {"build.example", "x.db.internal", "db.internal.x", "db.internal..", "db", "", "10.0.0.1"}) {
    INFO(host);
    CHECK_FALSE(may_reach(reach, host, 80));
  }
  CHECK_FALSE(may_reach({{""}}, "", 80));
}

TEST_CASE("an entry of allow that opens nothing is named", "[reach]") {
  for (const char* entry : {"", ":80", "host:", "host:x", "host:65536", "host:-1", "http://host", "host/path",
                            "a b", "10.0.0.0/33", "10.0.0.0/", "10.0/8", "[::1", "[::1]80",
                            "[::1]:", "*.example.com", "user@host", "a,b"}) {
    INFO(entry);
    CHECK_THAT(allow_problem(entry), ContainsSubstring("not '" + std::string(entry) + "'"));
  }
}

}  // namespace agentd
