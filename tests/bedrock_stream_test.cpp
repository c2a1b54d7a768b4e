#include <algorithm>
#include <fstream>
#include <sstream>

#include "core/model/bedrock.h"
#include "tests/support/catch.h"
#include "tests/support/event_frame.h"
#include "tests/support/model_golden.h"

namespace agentd {
namespace {

constexpr Codec kCodec = kBedrockCodec;
const std::string kFolder = AGENTD_SOURCE_DIR "/tests/golden/bedrock/";

/// A line of *.events: "event TYPE JSON", "exception TYPE JSON", "error CODE MESSAGE" or "bytes WHATEVER".
std::string frame_of_line(const std::string& line) {
  std::istringstream words(line);
  std::string kind, type, rest;
  words >> kind;
  if (kind == "bytes") return line.substr(6);
  words >> type;
  std::getline(words >> std::ws, rest);
  if (kind == "event") return event_frame(type, rest);
  if (kind == "exception") return exception_frame(type, rest);
  return frame_of(text_header(":message-type", "error") + text_header(":error-code", type) +
                      text_header(":error-message", rest),
                  "");
}

GoldenResponse read_stream(const std::string& name) {
  GoldenResponse response{200, {{"Content-Type", "application/vnd.amazon.eventstream"}}, ""};
  std::ifstream file(kFolder + name + ".events");
  for (std::string line; std::getline(file, line);) response.body += frame_of_line(line);
  return response;
}

std::vector<std::string> golden_streams() {
  std::vector<std::string> names;
  for (const auto& file : std::filesystem::directory_iterator(kFolder))
    if (file.path().extension() == ".events") names.push_back(file.path().stem().string());
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

TEST_CASE("every golden response of bedrock decodes as its golden file shows, wherever it is split",
          "[sweep]") {
  check_golden_responses("bedrock", kCodec);
}

TEST_CASE("every golden stream of bedrock decodes as its golden file shows, wherever it is split",
          "[sweep]") {
  CHECK(golden_streams().size() > 10);
  for (const std::string& name : golden_streams()) {
    INFO(name);
    const GoldenResponse response = read_stream(name);
    const std::string whole = describe(decode(kCodec, response));
    CHECK(golden("bedrock/" + name + ".json", whole) == whole);
    CHECK(describe(decode(kCodec, response, kEveryByte)) == whole);
    for (std::size_t cut = 1; cut < response.body.size(); ++cut)
      if (describe(decode(kCodec, response, cut)) != whole) FAIL_CHECK("cut at " << cut);
  }
}

TEST_CASE("a bedrock reply is taken from a stream that breaks after its end mark, and only then") {
  const HttpFailure broken{HttpFailure::Kind::Broken, "the connection broke"};
  const GoldenResponse response = read_stream("stream_calls");
  const std::string last = frame_of_line(
      R"(event metadata {"metrics":{"latencyMs":724},"p":"abc","usage":{"cacheReadInputTokens":300,)"
      R"("cacheWriteInputTokens":40,"inputTokens":12,"outputTokens":5,"totalTokens":357}})");
  REQUIRE(response.body.ends_with(last));
  const std::size_t mark = response.body.size() - last.size();
  for (std::size_t end = 0; end <= response.body.size(); ++end) {
    GoldenResponse cut = response;
    cut.body.resize(end);
    const ModelResult result = decode(kCodec, cut, 0, broken);
    const auto* replied = std::get_if<ModelReplied>(&result);
    if ((replied != nullptr) != (end >= mark)) FAIL_CHECK("cut at " << end);
    const Usage all{12, 300, 40, 5}, none{};
    if (replied != nullptr) CHECK(replied->usage == (end == response.body.size() ? all : none));
  }
}

TEST_CASE("a bedrock stream with one wrong bit never gives a reply that it did not give whole") {
  const GoldenResponse response = read_stream("stream_calls");
  const ModelResult whole = decode(kCodec, response);
  for (std::size_t at = 0; at < response.body.size(); ++at) {
    GoldenResponse bad = response;
    bad.body[at] = static_cast<char>(bad.body[at] ^ 4);
    const ModelResult result = decode(kCodec, bad);
    const auto* replied = std::get_if<ModelReplied>(&result);
    if (replied != nullptr && replied->calls != std::get<ModelReplied>(whole).calls)
      FAIL_CHECK("bit at " << at);
  }
}

}  // namespace agentd
