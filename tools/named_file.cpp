#include "tools/named_file.h"

#include "tools/answers.h"
#include "tools/sealed_file.h"

namespace agentd {
namespace {

constexpr std::string_view kOutput = "output:";

}  // namespace

std::string output_file_name(const CallId& call) {
  return to_string(call) + ".txt";
}

Opened open_named_file(const ToolContext& context, const std::string& path) {
  if (!path.starts_with(kOutput)) return Workspace(context.workspace, context.guarded).open_file(path);
  const std::string call = path.substr(kOutput.size());
  if (call.find_first_not_of("0123456789.") == std::string::npos) {
    Opened file = Workspace(context.outputs).open_file(call + ".txt");
    if (file.fd && context.seal != nullptr) file.fd = open_sealed(file.fd, *context.seal, call + ".txt");
    if (file.fd) return file;
  }
  return {Fd(), fill(sentence("output_missing"), {{"path", path}})};
}

}  // namespace agentd
