#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/permission.h"
#include "core/tool_fields.h"

// What tools may do: the permissions and the sandbox of task.yaml.

namespace agentd {

namespace {

const std::vector<std::string_view>& decisions() {
  static const std::vector<std::string_view> words{"allow", "ask", "deny"};
  return words;
}

bool read_rule(const Json& json, PermissionRule& rule, const Place& place) {
  if (!json.is_object() || json.size() != 1) {
    place.expected("one rule, as ask: shell(git push*)", json);
    return false;
  }
  const std::string word = json.begin().key();
  const Place named = place.at(word);
  if (std::find(decisions().begin(), decisions().end(), word) == decisions().end()) {
    named.unknown("unknown decision", word, decisions());
    return false;
  }
  rule.decision = word;
  return Text{is_permission_pattern, "TOOL or TOOL(VALUE), as shell(git push*)"}.read(json.front(),
                                                                                      rule.pattern, named);
}

}  // namespace

bool PermissionList::read(const Json& json, std::vector<PermissionRule>& rules, const Place& place) const {
  rules.clear();
  return read_entries(json, place, [&](const Json& entry, const Place& entry_place) {
    read_rule(entry, rules.emplace_back(), entry_place);
  });
}

void PermissionList::write(const std::vector<PermissionRule>& rules, Json& json) const {
  for (const PermissionRule& rule : rules) json.push_back({{rule.decision, rule.pattern}});
}

void PermissionList::describe(Json& schema) const {
  Json rule = {
      {"type", "object"}, {"minProperties", 1}, {"maxProperties", 1}, {"additionalProperties", false}};
  for (const std::string_view word : decisions()) rule["properties"][std::string(word)]["type"] = "string";
  schema["type"] = "array";
  schema["items"] = std::move(rule);
}

namespace {

Choice sandbox_modes() {
  return {{"auto", "required", "off"}};
}

constexpr Integer kMegabytes{.min = 1, .max = 1'000'000'000};

const Fields<SandboxSetup>& sandbox_fields() {
  static const Fields<SandboxSetup> fields{
      field("mode", &SandboxSetup::mode, sandbox_modes(),
            "auto: as far as this machine can; required: not without it"),
      field("read", &SandboxSetup::read, TextList{}, "paths that may be read beside the system's"),
      field("write", &SandboxSetup::write, TextList{}, "paths that may be written beside the workspace"),
      field("memory_mb", &SandboxSetup::memory_mb, kMegabytes, "memory that each program may ask for"),
      field("file_mb", &SandboxSetup::file_mb, kMegabytes, "size of each file that a program may write"),
  };
  return fields;
}

}  // namespace

bool SandboxForm::read(const Json& json, SandboxSetup& sandbox, const Place& place) const {
  if (json.is_object()) return Object<SandboxSetup>{sandbox_fields()}.read(json, sandbox, place);
  return sandbox_modes().read(json, sandbox.mode, place);
}

void SandboxForm::write(const SandboxSetup& sandbox, Json& json) const {
  if (sandbox == SandboxSetup{.mode = sandbox.mode})
    json = sandbox.mode;
  else
    Object<SandboxSetup>{sandbox_fields()}.write(sandbox, json);
}

void SandboxForm::describe(Json& schema) const {
  Json mode;
  Json mapping;
  sandbox_modes().describe(mode);
  Object<SandboxSetup>{sandbox_fields()}.describe(mapping);
  schema["oneOf"] = Json::array({mode, mapping});
}

}  // namespace agentd
