#pragma once

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/store/memory_dir.h"
#include "core/store/ownership.h"
#include "core/store/sqlite_journal.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_stop.h"
#include "tests/support/temp_folder.h"

namespace agentd {

inline Record a_record(std::int64_t seq, const std::string& text = "hello") {
  return {seq, 1000 + seq, seq / 2, UserSaid{text, ""}};
}

inline std::vector<Record> all_records(Journal& journal) {
  std::vector<Record> records;
  journal.read([&](Record record) { records.push_back(std::move(record)); });
  return records;
}

inline std::unique_ptr<Ownership> try_to_own(const RunPaths& paths) {
  FakeClock clock;
  return Ownership::acquire(paths, 0, clock, FakeStop());
}

/// One invocation: owns the run and its journal.
struct Owner {
  explicit Owner(const RunPaths& paths) : ownership(try_to_own(paths)) {
    if (!ownership) throw Error(Exit::Suspended, "busy");
    journal = open_journal(paths);
  }
  void write(std::int64_t from, std::int64_t to, const std::string& text = "hello") {
    for (std::int64_t seq = from; seq <= to; ++seq) {
      journal->append(a_record(seq, text));
      journal->commit();
    }
  }
  std::unique_ptr<Ownership> ownership;
  std::unique_ptr<Journal> journal;
};

/// Encrypted, where AGENTD_TEST_ENCRYPTED is set: what is promised of one kind of directory holds for both.
inline MemoryDir memory_at(const std::filesystem::path& path) {
  if (std::getenv("AGENTD_TEST_ENCRYPTED") == nullptr) return MemoryDir::create(path);
  const auto find = [](const EncryptionSetup&) { return *DataKey::from_text(std::string(64, '7')); };
  return MemoryDir::create(path, find, {.key_env = "TEST_KEY"});
}

/// A memory directory with the folder of one run.
struct RunGround {
  TempFolder temporary;
  MemoryDir memory = memory_at(temporary.path() / "memory");
  RunPaths paths = memory.make_run("demo-1");
};

inline std::string text_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void write_text(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

/// The bytes of all plain files below.
inline std::map<std::string, std::string> files_below(const std::filesystem::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files[entry.path().string()] = text_of(entry.path());
  }
  return files;
}

/// What an Error says; empty if there was none.
template <class Work>
std::string error_of(Work work) {
  try {
    work();
    return "";
  } catch (const Error& error) {
    return error.what();
  }
}

}  // namespace agentd
