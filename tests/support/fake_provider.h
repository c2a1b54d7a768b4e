#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>
#include <vector>

#include "core/http.h"
#include "core/message.h"

namespace agentd {

/// What the model says at a turn: calls, or the answer.
struct FakeTurn {
  std::string text;
  std::vector<ToolCall> calls = {};  ///< names and arguments
};

/// A piece of a request, in the order in which a prompt cache sees them.
struct PromptBlock {
  enum class Kind { Fixed, Said, Reply, Call, Result };
  Kind kind = Kind::Fixed;
  std::string id;    ///< of a call, or of the call that a result is for
  std::string text;  ///< without cache marks
  bool is_marked = false;
};

/// A provider's server that lives through its clients' deaths. Speaks one of our wire formats, streamed;
/// refuses a request that the real one would refuse (a call without its result, a thought that did not come
/// back); and keeps a prompt cache by the provider's rules.
class FakeProvider : public HttpTransport {
 public:
  /// `play` gives the turn after that many replies.
  FakeProvider(std::string provider, std::function<FakeTurn(std::size_t)> play);
  std::optional<HttpFailure> send(const HttpRequest& request, HttpSink& sink, const Stop& stop) override;

  std::vector<std::string> complaints;  ///< what was wrong with requests
  Usage usage;                          ///< of all requests
  std::size_t foreign_replies = 0;      ///< at the beginning of the transcript, another provider's

 private:
  std::string check(const std::vector<PromptBlock>& blocks) const;
  Usage count(const std::vector<PromptBlock>& blocks);

  std::string provider_;
  std::function<FakeTurn(std::size_t)> play_;
  std::set<std::string> prefixes_;  ///< in the cache
};

/// All that it can be.
std::vector<std::string> fake_providers();

namespace fake_wire {

/// Each provider's own half, in fake_wire.cpp.
std::vector<PromptBlock> read_request(const std::string& provider, const nlohmann::json& body);
std::string write_reply(const std::string& provider, const FakeTurn& turn, std::size_t index,
                        const Usage& usage);
/// What the provider hides in a reply and wants to have back; empty: nothing.
std::string signature(const std::string& provider, std::size_t index);

}  // namespace fake_wire

}  // namespace agentd
