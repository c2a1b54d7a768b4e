// An MCP server on stdio that does what its script says, right or wrong.
//   awkward_server SCRIPT LOG
// SCRIPT: {"METHOD" or "tools/call TOOL": [TURN, …]}: the first request gets the first turn, and so on; the
// last one goes on. A turn is a list of steps. LOG gets every line that comes in, and "start" and "end".

#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

namespace {

using Json = nlohmann::ordered_json;

class Server {
 public:
  Server(const char* script, const char* log) : log_(log, std::ios::app) {
    std::ifstream file(script);
    script_ = Json::parse(file);
    note("start");
    for (const Json& step : script_.value("at start", Json::array())) act(step);
  }

  void serve() {
    for (std::string line; std::getline(std::cin, line);) {
      const Json message = read(line);
      if (message.contains("method") && message.contains("id")) play(message);
    }
    note("end");
    if (script_.contains("never ends")) {
      ::signal(SIGTERM, SIG_IGN);
      for (;;) ::pause();
    }
  }

 private:
  Json read(const std::string& line) {
    note(line);
    return Json::parse(line);
  }

  void note(const std::string& line) { log_ << line << std::endl; }

  void play(const Json& request) {
    request_ = request;
    std::string name = request["method"];
    if (name == "tools/call") name += " " + request["params"]["name"].get<std::string>();
    if (!script_.contains(name)) return usual(name);
    const Json& turns = script_[name];
    const std::size_t turn = std::min(turns_[name]++, turns.size() - 1);
    for (const Json& step : turns[turn]) act(step);
  }

  void usual(const std::string& name) {
    if (name == "initialize") {
      answer({{"protocolVersion", request_["params"]["protocolVersion"]},
              {"capabilities", {{"tools", Json::object()}}},
              {"serverInfo", {{"name", "awkward"}, {"version", "1"}}}});
    } else {
      send({{"jsonrpc", "2.0"},
            {"id", request_["id"]},
            {"error", {{"code", -32601}, {"message", "no " + name}}}});
    }
  }

  void answer(const Json& result) { send({{"jsonrpc", "2.0"}, {"id", request_["id"]}, {"result", result}}); }
  void send(const Json& message) { put(message.dump() + "\n"); }
  void put(const std::string& text) { std::cout << text << std::flush; }

  void act(const Json& step) {
    const std::string what = step.begin().key();
    const Json& value = step.begin().value();
    if (what == "answer") answer(value);
    if (what == "error") send({{"jsonrpc", "2.0"}, {"id", request_["id"]}, {"error", value}});
    if (what == "say") answer({{"content", {{{"type", "text"}, {"text", value}}}}});
    if (what == "say what came") answer({{"content", {{{"type", "text"}, {"text", came_.dump()}}}}});
    if (what == "send") send(value);
    if (what == "raw") put(value);
    if (what == "stderr") std::cerr << value.get<std::string>() << std::flush;
    if (what == "progress") {
      send({{"jsonrpc", "2.0"},
            {"method", "notifications/progress"},
            {"params",
             {{"progressToken", request_["params"]["_meta"]["progressToken"]}, {"progress", value}}}});
    }
    if (what == "late") answer_before(value);
    if (what == "await") await();
    if (what == "wait ms") std::this_thread::sleep_for(std::chrono::milliseconds(value.get<int>()));
    if (what == "flood") flood(value);
    if (what == "exit") ::_exit(value);
    if (what == "crash") ::raise(SIGKILL);
    if (what == "hang") hang();
  }

  /// An answer to the request that many before this one.
  void answer_before(const Json& count) {
    send({{"jsonrpc", "2.0"},
          {"id", request_["id"].get<int>() - count.get<int>()},
          {"result", {{"content", Json::array()}}}});
  }

  /// The next line that is a response.
  void await() {
    for (std::string line; std::getline(std::cin, line);) {
      came_ = read(line);
      if (!came_.contains("method")) return;
    }
  }

  /// A text, many times over.
  void flood(const Json& what) {
    const std::string text = what["text"];
    for (int i = 0; i < what["times"].get<int>(); ++i) put(text);
  }

  /// Reads nothing more, and does not heed that its stdin ends.
  [[noreturn]] void hang() {
    for (;;) ::pause();
  }

  std::ofstream log_;
  Json script_;
  Json request_;
  Json came_;
  std::map<std::string, std::size_t> turns_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  Server(argv[1], argv[2]).serve();
}
