#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/config.h"
#include "cli/environment.h"
#include "cli/memory_key.h"
#include "cli/narrate.h"
#include "cli/table.h"
#include "core/error.h"
#include "core/finding.h"
#include "core/model/key_probe.h"
#include "core/os/curl_http.h"
#include "core/os/curl_http_probe.h"
#include "core/os/machine_probe.h"
#include "core/os/signals.h"
#include "core/os/system_clock.h"
#include "core/store/memory_probe.h"

namespace agentd {

namespace {

using Json = nlohmann::ordered_json;

void append(Findings& findings, Findings more) {
  findings.insert(findings.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

Findings config_findings() {
  const char *area = "machine", *name = "config.yaml";
  try {
    const Config config = read_config();
    const bool is_there = text_of_file(config.path).has_value();
    return {{area, name, Verdict::Ok, config.path + (is_there ? " is good" : " is not there: no defaults")}};
  } catch (const Error& error) {
    return {{area, name, Verdict::No, error.what(), "mend the file, or move it away"}};
  }
}

Findings key_findings(const Args& args, Clock& clock, const Stop& stop) {
  const auto http = make_curl_http();
  Secrets secrets;
  const ModelWorld world{*http, clock, secrets, variable_of_process, {}, text_of_file};
  return args.online ? try_keys(world, stop) : probe_keys(world);
}

std::string word_for(Verdict verdict) {
  switch (verdict) {
    case Verdict::Ok:
      return "ok";
    case Verdict::Warn:
      return "warn";
    case Verdict::No:
      break;
  }
  return "no";
}

std::string findings_text(const Findings& findings) {
  constexpr std::size_t kLongest = 1000;
  std::vector<Cells> rows;
  for (const Finding& finding : findings) {
    rows.push_back({finding.area, finding.name, word_for(finding.verdict), one_line(finding.text, kLongest)});
    if (!finding.fix.empty()) rows.push_back({"", "", "", "→ " + one_line(finding.fix, kLongest)});
  }
  return table_text(rows);
}

std::string findings_json(const Findings& findings, Exit exit) {
  Json object = {{"schema", 1}, {"ok", exit == Exit::Completed}, {"findings", Json::array()}};
  for (const Finding& finding : findings)
    object["findings"].push_back({{"area", finding.area},
                                  {"name", finding.name},
                                  {"verdict", word_for(finding.verdict)},
                                  {"text", finding.text},
                                  {"fix", finding.fix.empty() ? Json() : Json(finding.fix)}});
  return object.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

/// As that of a run that were started now.
Exit exit_for(const Findings& findings) {
  Exit exit = Exit::Completed;
  for (const Finding& finding : findings) {
    if (finding.verdict != Verdict::No) continue;
    if (finding.area == "memory") return Exit::Storage;
    exit = Exit::Failed;
  }
  return exit;
}

}  // namespace

Exit doctor_command(const Args& args) {
  SystemClock clock;
  const auto stop = make_process_stop(std::nullopt);
  Findings findings = probe_memory(args.memory, find_kept_key, clock, *stop);  // first: it forks
  append(findings, probe_machine(clock.now_ms()));
  append(findings, config_findings());
  append(findings, probe_network());
  append(findings, key_findings(args, clock, *stop));
  const Exit exit = exit_for(findings);
  std::cout << (args.output == Output::Json ? findings_json(findings, exit) : findings_text(findings));
  if (exit != Exit::Completed) std::cerr << "agentd: what says no stops runs\n";
  return exit;
}

}  // namespace agentd
