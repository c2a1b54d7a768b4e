// Each provider's stream through the real transport: byte by byte, cut, stalled, refused.

#include <nlohmann/json.hpp>

#include "core/model/models.h"
#include "core/os/curl_http.h"
#include "tests/support/catch.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_provider.h"
#include "tests/support/fake_stop.h"
#include "tests/support/scripted_server.h"

using namespace agentd;

namespace {

using Server = ScriptedServer;

const FakeTurn kTurn{"Füße, Λ and 🌍.", {{"", "look", R"({"at":"\"a\"\n"})"}, {"", "put", R"({"at":"b"})"}}};

std::string stream_of(const std::string& provider) {
  return fake_wire::write_reply(provider, kTurn, 0, {.input = 100, .cache_read = 20, .output = 7});
}

std::optional<std::string> environment(const std::string& name) {
  if (name == "AWS_ACCESS_KEY_ID") return "AKIA1";
  if (name == "AWS_SECRET_ACCESS_KEY" || name.ends_with("_API_KEY")) return "fake-key-1";
  return name == "AWS_REGION" ? std::optional<std::string>("us-east-1") : std::nullopt;
}

ModelResult ask(const std::string& provider, const std::string& url, std::int64_t idle_ms = 20'000) {
  ModelSetup setup{.provider = provider, .name = "m", .base_url = url};
  setup.idle_timeout_ms = idle_ms;
  const auto http = make_curl_http();
  FakeClock clock;
  Secrets secrets;
  const std::vector<Message> messages{{.role = Role::User, .text = "Go."}};
  return make_model(setup, {}, {*http, clock, secrets, environment, {}})
      ->ask({setup, "run", "Be brief.", {}, messages}, NeverStop());
}

Server::Exchange bytes_of(const std::string& stream, std::size_t piece) {
  Server::Exchange exchange{Server::Send{chunked_head("")}};
  for (std::size_t at = 0; at < stream.size(); at += piece)
    exchange.push_back(Server::Send{chunk(stream.substr(at, piece))});
  return exchange;
}

}  // namespace

TEST_CASE("every provider's stream is read byte by byte, and whole, as the same reply") {
  for (const std::string& provider : fake_providers()) {
    INFO(provider);
    const std::string stream = stream_of(provider);
    for (const std::size_t piece : {std::size_t{1}, stream.size()}) {
      Server::Exchange exchange = bytes_of(stream, piece);
      exchange.push_back(Server::Send{chunk("")});
      Server server({exchange});
      const ModelResult result = ask(provider, server.url());
      REQUIRE(std::holds_alternative<ModelReplied>(result));
      const auto& reply = std::get<ModelReplied>(result);
      CHECK(reply.text == kTurn.text);
      REQUIRE(reply.calls.size() == 2);
      for (std::size_t i = 0; i < 2; ++i) {
        CHECK(reply.calls[i].name == kTurn.calls[i].name);
        CHECK(nlohmann::json::parse(reply.calls[i].arguments) ==
              nlohmann::json::parse(kTurn.calls[i].arguments));
      }
      CHECK(reply.usage == Usage{.input = 100, .cache_read = 20, .output = 7});
      CHECK(server.requests().size() == 1);
    }
  }
}

TEST_CASE("a stream that is cut, reset or silent is a failed attempt, and never half a reply") {
  for (const std::string& provider : fake_providers()) {
    INFO(provider);
    const std::string stream = stream_of(provider);
    for (int eighth = 0; eighth < 7; ++eighth)
      for (const Server::Step& end : {Server::Step{Server::Close{}}, Server::Step{Server::Reset{}}}) {
        Server::Exchange exchange =
            bytes_of(stream.substr(0, stream.size() * static_cast<std::size_t>(eighth) / 8), 64);
        exchange.push_back(end);
        Server server({exchange});
        const ModelResult result = ask(provider, server.url());
        REQUIRE(std::holds_alternative<ModelFailed>(result));
        CHECK(std::get<ModelFailed>(result).reason == "network");
        CHECK(std::get<ModelFailed>(result).retryable);
      }
    Server::Exchange exchange = bytes_of(stream.substr(0, stream.size() / 2), 64);
    exchange.push_back(Server::Stall{});
    Server server({exchange});
    const ModelResult result = ask(provider, server.url(), 50);
    REQUIRE(std::holds_alternative<ModelFailed>(result));
    CHECK(std::get<ModelFailed>(result).reason == "timeout");
  }
}

TEST_CASE("no provider's message repeats a key that its server repeats, whole or encoded") {
  constexpr char kForms[] = "fake-key-1 and dXNlcjpmYWtlLWtleS0x and 66616b652d6b65792d31";
  for (const std::string& provider : fake_providers()) {
    INFO(provider);
    const std::string body = std::string(R"({"error":{"message":")") + kForms + R"("}})";
    Server server({{Server::Send{http_response("400 Bad Request", "", body)}},
                   {Server::Send{http_response("302 Found", "Location: https://h/?key=fake-key-1\r\n", "")}},
                   {Server::Send{http_response("500 Oh", "", kForms)}}});
    for (int i = 0; i < 3; ++i) {
      const std::string message = std::get<ModelFailed>(ask(provider, server.url())).message;
      INFO(message);
      CHECK_THAT(message, ContainsSubstring("[secret]"));
      for (const char* form : {"fake-key", "mYWtlLWtleS", "66616b65"})
        CHECK(message.find(form) == std::string::npos);
    }
  }
}

TEST_CASE("every provider's refusals are told apart by whether waiting helps") {
  for (const std::string& provider : fake_providers()) {
    INFO(provider);
    Server server(
        {{Server::Send{http_response("503 Service Unavailable", "Retry-After: 7\r\n", "busy")}},
         {Server::Send{http_response("401 Unauthorized", "", "{}")}},
         {Server::Send{http_response("404 Not Found", "", R"({"error":{"message":"no such model"}})")}}});
    const auto busy = std::get<ModelFailed>(ask(provider, server.url()));
    CHECK((busy.retryable && busy.retry_after_ms == 7000));
    const auto key = std::get<ModelFailed>(ask(provider, server.url()));
    CHECK((!key.retryable && key.reason == "auth"));
    const auto model = std::get<ModelFailed>(ask(provider, server.url()));
    CHECK((!model.retryable && model.reason == "bad_request"));
    CHECK_THAT(model.message, ContainsSubstring("model.name m at http://127.0.0.1"));
  }
}
