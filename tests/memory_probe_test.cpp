#include "core/store/memory_probe.h"

#include <sys/resource.h>

#include "core/os/system_clock.h"
#include "tests/support/catch.h"
#include "tests/support/child.h"
#include "tests/support/run_ground.h"

using namespace agentd;
namespace fs = std::filesystem;

namespace {

Findings probe(const fs::path& path) {
  SystemClock clock;
  return probe_memory(path, {}, clock, NeverStop());
}

/// The first that is not well; a default one if all are.
Finding first_no(const Findings& findings) {
  for (const Finding& finding : findings)
    if (finding.verdict != Verdict::Ok) return finding;
  return {};
}

Finding named(const Findings& findings, const std::string& name) {
  for (const Finding& finding : findings)
    if (finding.name == name) return finding;
  return {};
}

}  // namespace

TEST_CASE("A good memory directory is tried out, and left as it was", "[store][plain]") {
  const RunGround run;
  Owner(run.paths).write(1, 1);
  const auto before = files_below(run.memory.path());
  const Findings findings = probe(run.memory.path());
  std::vector<std::string> names;
  for (const Finding& finding : findings) names.push_back(finding.name);
  CHECK(names == std::vector<std::string>{"directory", "space", "file system", "locks", "journal"});
  CHECK_THAT(named(findings, "directory").text, ContainsSubstring("holds 1 run"));
  for (const char* name : {"directory", "locks", "journal"})
    CHECK(named(findings, name).verdict == Verdict::Ok);
  CHECK_THAT(named(findings, "journal").text, ContainsSubstring("SQLite works; a step takes "));
  CHECK(files_below(run.memory.path()) == before);
}

TEST_CASE("A memory directory that is not there is not made", "[store]") {
  const TempFolder folder;
  const Findings findings = probe(folder / "some/where");
  CHECK_THAT(named(findings, "directory").text, ContainsSubstring("the first run makes it"));
  CHECK(named(findings, "journal").verdict != Verdict::No);
  CHECK(fs::is_empty(folder.path()));
}

TEST_CASE("A directory that is no memory directory stops runs, and nothing is tried in it", "[store]") {
  const TempFolder folder;
  folder.write("thesis.txt", "x");
  const Findings findings = probe(folder.path());
  CHECK(findings ==
        Findings{{"memory", "directory", Verdict::No,
                  folder.path().string() + " is not empty (thesis.txt) and no memory directory of agentd",
                  "choose another --memory DIR"}});
  folder.write("newer/FORMAT", "agentd memory 3\n");
  CHECK(first_no(probe(folder / "newer")).fix == "update agentd");
  CHECK(first_no(probe(folder / "thesis.txt")).fix == "choose another --memory DIR");
}

TEST_CASE("A place where nothing can be written stops runs", "[store]") {
  const TempFolder folder;
  folder.write("file", "x");
  const Finding found = first_no(probe(folder / "file/memory"));
  CHECK((found.name == "writing" && found.verdict == Verdict::No));
  CHECK_FALSE(found.fix.empty());
}

TEST_CASE("A run that goes on is not disturbed, and its directory is well", "[store]") {
  const RunGround run;
  Owner owner(run.paths);
  const Findings findings = probe(run.memory.path());
  CHECK(named(findings, "locks").verdict == Verdict::Ok);
  CHECK(named(findings, "journal").verdict == Verdict::Ok);
  owner.write(1, 1);
  CHECK(run_apart([&] { expect(is_held(run.paths.lock()), "held"); }).status == 0);
}

TEST_CASE("Without a name there is nothing to look at", "[store]") {
  CHECK(probe("") == Findings{{"memory", "directory", Verdict::No, "no memory directory is named",
                               "use --memory DIR or set AGENTD_MEMORY"}});
}

TEST_CASE("A journal that cannot be kept stops runs, and the doctor lives on to say so", "[store][plain]") {
  const RunGround run;
  const Ended ended = run_apart([&] {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit tiny = {20'000, 20'000};
    ::setrlimit(RLIMIT_FSIZE, &tiny);
    const Findings findings = probe(run.memory.path());
    expect(named(findings, "locks").verdict == Verdict::Ok, "locks");
    expect(named(findings, "journal").verdict == Verdict::No, "journal");
    expect(!named(findings, "journal").fix.empty(), "fix");
  });
  CHECK(ended.status == 0);
  CHECK(ended.errors == "");
}
