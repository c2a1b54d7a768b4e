#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/http.h"

namespace agentd {

/// An MCP server behind a URL, without a network: what it does on each request is the test's own.
class McpHost {
 public:
  struct Seen {
    HttpRequest request;
    std::string id;  ///< of the JSON-RPC message; empty: it has none

    std::string header(const std::string& name) const {
      const std::string* value = find_header(request.headers, name);
      return value == nullptr ? "(none)" : *value;
    }
  };
  using Reaction = std::function<std::optional<HttpFailure>(const Seen&, HttpSink&, const Stop&)>;

  /// What to do on the next request of that kind: a JSON-RPC method, "response", or the HTTP method of a
  /// request without a body. The last one goes on.
  void on(const std::string& kind, Reaction reaction) {
    const std::lock_guard lock(mutex_);
    reactions_[kind].push_back(std::move(reaction));
  }

  std::function<std::unique_ptr<HttpTransport>()> factory() {
    return [this] { return std::make_unique<Transport>(*this); };
  }

  std::vector<std::string> kinds() {
    const std::lock_guard lock(mutex_);
    return kinds_;
  }
  Seen seen(std::size_t index) {
    const std::lock_guard lock(mutex_);
    return seen_.at(index);
  }
  Seen last(const std::string& kind) {
    const std::lock_guard lock(mutex_);
    for (std::size_t i = kinds_.size(); i-- > 0;) {
      if (kinds_[i] == kind) return seen_[i];
    }
    throw std::runtime_error("no " + kind + " came");
  }

 private:
  class Transport : public HttpTransport {
   public:
    explicit Transport(McpHost& host) : host_(host) {}
    std::optional<HttpFailure> send(const HttpRequest& request, HttpSink& sink, const Stop& stop) override {
      if (stop.reason() != StopReason::None)
        return HttpFailure{HttpFailure::Kind::Interrupted, "interrupted"};
      return host_.react(request, sink, stop);
    }

   private:
    McpHost& host_;
  };

  std::optional<HttpFailure> react(const HttpRequest& request, HttpSink& sink, const Stop& stop) {
    Seen seen{request, ""};
    std::string kind = request.method;
    const auto message = nlohmann::json::parse(request.body, nullptr, false);
    if (message.is_object()) {
      kind = message.value("method", "response");
      if (message.contains("id")) seen.id = message["id"].dump();
    }
    Reaction reaction;
    {
      const std::lock_guard lock(mutex_);
      kinds_.push_back(kind);
      seen_.push_back(seen);
      std::deque<Reaction>& next = reactions_[kind];
      if (!next.empty()) reaction = next.front();
      if (next.size() > 1) next.pop_front();
    }
    if (reaction) return reaction(seen, sink, stop);
    sink.head(202, {});
    return {};
  }

  std::mutex mutex_;
  std::map<std::string, std::deque<Reaction>> reactions_;
  std::vector<std::string> kinds_;
  std::vector<Seen> seen_;
};

inline std::string with_id(std::string text, const std::string& id) {
  for (std::size_t at = 0; (at = text.find("$id", at)) != std::string::npos;) text.replace(at, 3, id);
  return text;
}

/// A response; $id in the body is the request's. Status 0: nothing came.
inline McpHost::Reaction responds(int status, HttpHeaders headers, std::string body,
                                  std::optional<HttpFailure> failure = {}) {
  return [=](const McpHost::Seen& seen, HttpSink& sink, const Stop&) {
    if (status != 0) sink.head(status, headers);
    const std::string whole = with_id(body, seen.id);
    for (std::size_t at = 0; at < whole.size(); at += 11) sink.body(std::string_view(whole).substr(at, 11));
    return failure;
  };
}
inline McpHost::Reaction document(const std::string& result, HttpHeaders headers = {}) {
  headers.emplace_back("content-type", "application/json; charset=utf-8");
  return responds(200, headers, R"({"jsonrpc":"2.0","id":$id,"result":)" + result + "}");
}
inline McpHost::Reaction stream(const std::string& events, std::optional<HttpFailure> failure = {}) {
  return responds(200, {{"Content-Type", "text/event-stream"}}, events, std::move(failure));
}
/// An event with a message.
inline std::string event(const std::string& message) {
  return "event: message\ndata: " + message + "\n\n";
}
inline std::string answer_event(const std::string& result) {
  return event(R"({"jsonrpc":"2.0","id":$id,"result":)" + result + "}");
}
inline std::string text_result(const std::string& text) {
  return R"({"content":[{"type":"text","text":")" + text + R"("}]})";
}

}  // namespace agentd
