#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <thread>

#include "core/fd.h"
#include "core/os/curl_http.h"
#include "tests/support/catch.h"
#include "tests/support/mcp_ground.h"

// The published servers, installed and named by tests/mcp/run.

namespace agentd {
namespace {

using Lines = std::vector<std::string>;

std::string server_file(const std::string& name) {
  const char* folder = std::getenv("AGENTD_MCP_SERVERS");
  if (folder == nullptr) throw std::runtime_error("AGENTD_MCP_SERVERS is not set: use tests/mcp/run");
  return std::string(folder) + "/@modelcontextprotocol/server-" + name + "/dist/index.js";
}

std::map<std::string, std::string> node_environment() {
  const char* path = std::getenv("PATH");
  return {{"PATH", path == nullptr ? "/usr/bin:/bin" : path}, {"GREETING", "hello from the task"}};
}

/// One of the servers as a program, with a folder to work in.
struct Program {
  Program(const std::string& name, const Lines& arguments) {
    setup.name = "s";
    setup.program.argv = {"node", server_file(name)};
    setup.program.argv.insert(setup.program.argv.end(), arguments.begin(), arguments.end());
    setup.program.env = node_environment();
    setup.program.folder = folder.path();
    setup.trusted = true;
  }
  McpServer& server() {
    if (!made) made.emplace(setup, process, nullptr);
    return *made;
  }
  McpAnswer call(const std::string& tool, const std::string& arguments = "{}") {
    return call_tool(server(), mcp_spec(tool), arguments);
  }

  TempFolder folder;
  McpSetup setup;
  ChildProcess process;
  std::optional<McpServer> made;
};

const ToolSpec* find(const McpTools& tools, const std::string& name) {
  const auto found = std::find_if(tools.specs.begin(), tools.specs.end(),
                                  [&](const ToolSpec& spec) { return spec.name == name; });
  return found == tools.specs.end() ? nullptr : &*found;
}

/// The same of server-everything by either transport.
void drive_everything(McpServer& server) {
  const auto call = [&](const std::string& tool, const std::string& arguments = "{}") {
    return call_tool(server, mcp_spec(tool), arguments);
  };
  const McpTools tools = server.list(NeverStop());
  REQUIRE(tools.problem == "");
  REQUIRE(tools.notes.empty());
  for (const char* name :
       {"s__echo", "s__get-sum", "s__get-structured-content", "s__trigger-elicitation-request"}) {
    INFO(name);
    REQUIRE(find(tools, name) != nullptr);
  }
  REQUIRE(tools.instructions.size() > 100);

  REQUIRE(call("echo", R"({"message":"Grüße\n\u0001"})") == McpAnswer{Outcome::Ok, "Echo: Grüße\n\x01"});
  REQUIRE(call("get-sum", R"({"a":2,"b":40})").text == "The sum of 2 and 40 is 42.");
  REQUIRE_THAT(call("get-structured-content", R"({"location":"Chicago"})").text,
               ContainsSubstring("temperature"));
  REQUIRE_THAT(call("get-tiny-image").text, ContainsSubstring("[image: image/png, "));
  REQUIRE_THAT(call("get-resource-links", R"({"count":2})").text, ContainsSubstring("[link: "));
  REQUIRE_THAT(call("get-resource-reference", R"({"resourceType":"Text","resourceId":1})").text,
               ContainsSubstring("[resource demo://resource/"));
  REQUIRE_THAT(call("get-resource-reference", R"({"resourceType":"Blob","resourceId":1})").text,
               ContainsSubstring("bytes, not shown]"));
  REQUIRE_THAT(call("get-annotated-message", R"({"messageType":"success","includeImage":true})").text,
               ContainsSubstring("[image: image/png, "));
  REQUIRE_THAT(call("trigger-long-running-operation", R"({"duration":1,"steps":4})").text,
               ContainsSubstring("Long running operation completed. Duration: 1 seconds, Steps: 4."));
  REQUIRE_THAT(call("trigger-elicitation-request").text,
               ContainsSubstring("[During the call the server asked a person: "));

  const McpAnswer wrong = call("get-sum", R"({"a":"two"})");
  REQUIRE(wrong.outcome == Outcome::Error);
  REQUIRE_THAT(wrong.text, ContainsSubstring("-32602"));
  REQUIRE(call("no-such-tool").outcome == Outcome::Error);
}

TEST_CASE("server-everything is driven over stdio", "[.][published]") {
  Program everything("everything", {"stdio"});
  drive_everything(everything.server());
  REQUIRE_THAT(everything.call("get-env").text, ContainsSubstring("hello from the task"));
  REQUIRE_THAT(everything.call("get-roots-list").text,
               ContainsSubstring("file://" + everything.folder.path().string()));
}

TEST_CASE("server-everything takes default values where the task accepts them", "[.][published]") {
  Program everything("everything", {"stdio"});
  everything.setup.elicitation = Elicitation::AcceptDefaults;
  REQUIRE_THAT(everything.call("trigger-elicitation-request").text, ContainsSubstring("It was declined"));
}

TEST_CASE("a call of server-everything that takes too long is cancelled, and the next one works",
          "[.][published]") {
  Program everything("everything", {"stdio"});
  everything.setup.timeout_ms = 1500;
  const std::string two_steps = R"({"duration":60,"steps":2})";
  REQUIRE(everything.call("trigger-long-running-operation", two_steps).outcome == Outcome::Unknown);
  REQUIRE(everything.call("echo", R"({"message":"on"})").text == "Echo: on");
  REQUIRE_THAT(everything.call("trigger-long-running-operation", R"({"duration":3,"steps":12})").text,
               ContainsSubstring("completed"));
}

TEST_CASE("calls of server-everything run side by side", "[.][published]") {
  Program everything("everything", {"stdio"});
  everything.server();
  Lines texts(6);
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < texts.size(); ++i)
      threads.emplace_back(
          [&, i] { texts[i] = everything.call("echo", R"({"message":")" + std::to_string(i) + "\"}").text; });
  }
  for (std::size_t i = 0; i < texts.size(); ++i) REQUIRE(texts[i] == "Echo: " + std::to_string(i));
}

/// Waits for a server to say on stderr that it listens.
class Listening : public ProcessWatcher {
 public:
  void output(std::string_view) override {}
  void errors(std::string_view bytes) override { hear(bytes); }
  void ended(const ProcessResult& result) override { hear("ended: " + result.message); }

  std::string wait() {
    std::unique_lock lock(mutex_);
    const auto has_news = [&] {
      return said_.find("listening") != std::string::npos || said_.find("ended") != std::string::npos;
    };
    news_.wait_for(lock, std::chrono::seconds(60), has_news);
    return said_;
  }

 private:
  void hear(std::string_view bytes) {
    const std::lock_guard lock(mutex_);
    said_ += bytes;
    news_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable news_;
  std::string said_;
};

int free_port() {
  const Fd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  REQUIRE(bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
  return ntohs(address.sin_port);
}

TEST_CASE("server-everything is driven over HTTP", "[.][published]") {
  const std::string port = std::to_string(free_port());
  ChildProcess process;
  ProcessRequest request;
  request.argv = {"node", server_file("everything"), "streamableHttp"};
  request.folder = "/";
  request.env = node_environment();
  request.env["PORT"] = port;
  Listening listening;
  auto running = process.start(request, listening);
  REQUIRE_THAT(listening.wait(), ContainsSubstring("listening on port " + port));
  McpSetup setup;
  setup.name = "s";
  setup.url = "http://127.0.0.1:" + port + "/mcp";
  McpServer server(setup, process, make_curl_http);
  drive_everything(server);

  // It forgets all sessions when it is started anew.
  running.reset();
  Listening again;
  running = process.start(request, again);
  REQUIRE_THAT(again.wait(), ContainsSubstring("listening"));
  REQUIRE(call_tool(server, mcp_spec("echo"), R"({"message":"anew"})").text == "Echo: anew");
  running.reset();
  const McpAnswer gone = call_tool(server, mcp_spec("echo"), R"({"message":"gone"})");
  REQUIRE(gone.outcome == Outcome::Error);
  REQUIRE_THAT(gone.text, ContainsSubstring("The call has had no effect."));
}

TEST_CASE("server-filesystem works in the workspace and nowhere else", "[.][published]") {
  Program files("filesystem", {"."});
  const McpTools tools = files.server().list(NeverStop());
  REQUIRE(tools.problem == "");
  REQUIRE(find(tools, "s__read_text_file")->effect == Effect::Read);
  REQUIRE(find(tools, "s__write_file")->effect != Effect::Read);
  const std::string path = (files.folder / "note.txt").string();
  REQUIRE(files.call("write_file", R"({"path":")" + path + R"(","content":"written"})").outcome ==
          Outcome::Ok);
  REQUIRE(files.folder.read("note.txt") == "written");
  REQUIRE_THAT(files.call("read_text_file", R"({"path":")" + path + "\"}").text,
               ContainsSubstring("written"));
  REQUIRE_THAT(files.call("list_directory", R"({"path":")" + files.folder.path().string() + "\"}").text,
               ContainsSubstring("[FILE] note.txt"));
  const McpAnswer outside = files.call("read_text_file", R"({"path":"/etc/passwd"})");
  REQUIRE(outside.outcome == Outcome::Error);
  REQUIRE_THAT(outside.text, ContainsSubstring("Access denied"));
}

TEST_CASE("server-memory remembers beyond its own end", "[.][published]") {
  Program memory("memory", {});
  memory.setup.program.env["MEMORY_FILE_PATH"] = (memory.folder / "memory.jsonl").string();
  REQUIRE(memory
              .call("create_entities",
                    R"({"entities":[{"name":"Ada","entityType":"person","observations":["counts"]}]})")
              .outcome == Outcome::Ok);
  memory.made.reset();
  REQUIRE_THAT(memory.call("search_nodes", R"({"query":"counts"})").text, ContainsSubstring("Ada"));
}

TEST_CASE("a published server can be the one of a glob", "[.][published]") {
  Program files("filesystem", {"."});
  files.setup.tools = {"read_*", "list_directory"};
  const McpTools tools = files.server().list(NeverStop());
  REQUIRE(tools.notes.empty());
  for (const ToolSpec& spec : tools.specs)
    REQUIRE((spec.remote_name.starts_with("read_") || spec.remote_name == "list_directory"));
  REQUIRE(tools.specs.size() >= 3);
}

}  // namespace
}  // namespace agentd
