#include <cstdlib>
#include <string>
#include <string_view>

#include "cli/yaml.h"
#include "core/error.h"
#include "core/task_json.h"

// Any bytes, alone and below a good beginning of a task, are refused or read; what was read is written and
// read back as the same task.

namespace {

using namespace agentd;

void read(const std::string& json) {
  std::vector<Problem> problems;
  const Task task = task_from_json(json, problems);
  if (!problems.empty()) return;
  const std::string written = task_to_json(task);
  const Task again = task_from_json(written, problems);
  if (!problems.empty() || again != task || task_to_json(again) != written) std::abort();
}

void parse(const std::string& yaml) {
  try {
    const YamlDocument document = parse_yaml(yaml, "task.yaml");
    read(document.json);
    document.refuse({{"/name", "seen"}, {"/limits/steps", "seen"}});
  } catch (const Error&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string text(data, data + size);
  read(text);
  parse(text);
  parse("name: a\ngoal: b\nmodel: {provider: scripted, script: [{answer: c}]}\n" + text);
  return 0;
}
