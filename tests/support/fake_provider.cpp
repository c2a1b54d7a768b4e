#include "tests/support/fake_provider.h"

#include <nlohmann/json.hpp>

#include "core/text.h"

namespace agentd {
namespace {

using Kind = PromptBlock::Kind;

bool is_reply(const PromptBlock& block) {
  return block.kind == Kind::Reply || block.kind == Kind::Call;
}

std::int64_t tokens_of(const PromptBlock& block) {
  return static_cast<std::int64_t>(block.text.size() + 3) / 4;
}

/// The replies of a transcript: pieces in a row.
std::vector<std::vector<PromptBlock>> replies_in(const std::vector<PromptBlock>& blocks) {
  std::vector<std::vector<PromptBlock>> replies;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    if (!is_reply(blocks[i])) continue;
    if (i == 0 || !is_reply(blocks[i - 1])) replies.emplace_back();
    replies.back().push_back(blocks[i]);
  }
  return replies;
}

}  // namespace

FakeProvider::FakeProvider(std::string provider, std::function<FakeTurn(std::size_t)> play)
    : provider_(std::move(provider)), play_(std::move(play)) {}

std::optional<HttpFailure> FakeProvider::send(const HttpRequest& request, HttpSink& sink, const Stop&) {
  const auto blocks = fake_wire::read_request(provider_, nlohmann::json::parse(request.body));
  if (std::string complaint = check(blocks); !complaint.empty()) {
    complaints.push_back(complaint);
    sink.head(400, {});
    sink.body(nlohmann::json{{"error", {{"message", complaint}}}}.dump());
    return {};
  }
  const Usage used = count(blocks);
  usage += used;
  const std::size_t index = replies_in(blocks).size();
  sink.head(200, {{"content-type", "text/event-stream"}});
  const std::string bytes = fake_wire::write_reply(provider_, play_(index), index, used);
  constexpr std::size_t kPiece = 11;
  for (std::size_t at = 0; at < bytes.size(); at += kPiece)
    sink.body(std::string_view(bytes).substr(at, kPiece));
  return {};
}

/// Results come right behind their calls, one each, in order; a reply begins as it was sent.
std::string FakeProvider::check(const std::vector<PromptBlock>& blocks) const {
  std::vector<std::string> open;
  bool said = false;
  for (const PromptBlock& block : blocks) {
    if (block.kind == Kind::Result) {
      if (open.empty() || open.front() != block.id) return "a result without its call: " + block.id;
      open.erase(open.begin());
    } else if (block.kind == Kind::Call) {
      open.push_back(block.id);
    } else if (!open.empty() && block.kind != Kind::Reply) {
      return "a call without its result: " + open.front();
    }
    said = said || block.kind == Kind::Said;
    if (is_reply(block) && !said) return "the first turn is not the user's";
  }
  if (!open.empty()) return "a call without its result: " + open.front();
  const auto replies = replies_in(blocks);
  for (std::size_t i = foreign_replies; i < replies.size(); ++i) {
    const std::string signature = fake_wire::signature(provider_, i);
    const bool is_back = std::any_of(replies[i].begin(), replies[i].end(), [&](const PromptBlock& block) {
      return block.text.find(signature) != std::string::npos;
    });
    if (!is_back) return "the thought of reply " + std::to_string(i) + " did not come back";
  }
  return "";
}

/// Anthropic and Bedrock write and look up at marks, 20 blocks back from each; the others cache what they
/// can.
Usage FakeProvider::count(const std::vector<PromptBlock>& blocks) {
  constexpr std::size_t kLookBack = 20;
  const bool by_marks = provider_ == "anthropic" || provider_ == "bedrock";
  std::vector<std::string> prefixes;
  std::vector<std::int64_t> tokens;
  for (const PromptBlock& block : blocks) {
    prefixes.push_back(hash_hex((prefixes.empty() ? "" : prefixes.back()) + block.text));
    tokens.push_back((tokens.empty() ? 0 : tokens.back()) + tokens_of(block));
  }
  Usage used;
  std::int64_t written = 0;
  for (std::size_t mark = 0; mark < blocks.size(); ++mark) {
    if (by_marks && !blocks[mark].is_marked) continue;
    for (std::size_t back = 0; back <= (by_marks ? kLookBack : mark) && back <= mark; ++back)
      if (prefixes_.contains(prefixes[mark - back])) {
        used.cache_read = std::max(used.cache_read, tokens[mark - back]);
        break;
      }
    written = tokens[mark];
  }
  for (std::size_t i = 0; i < blocks.size(); ++i)
    if (!by_marks || blocks[i].is_marked) prefixes_.insert(prefixes[i]);
  used.cache_write = by_marks ? written - used.cache_read : 0;
  used.input = tokens.back() - used.cache_read - used.cache_write;
  used.output = 50;
  return used;
}

std::vector<std::string> fake_providers() {
  return {"anthropic", "bedrock", "gemini", "openai", "openai-responses"};
}

}  // namespace agentd
