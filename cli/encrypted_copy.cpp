#include "cli/encrypted_copy.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <nlohmann/json.hpp>
#include <sstream>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/store/erase.h"
#include "core/store/event_table.h"
#include "core/store/files.h"
#include "core/store/inbox.h"
#include "core/store/note_table.h"
#include "core/store/owned_database.h"
#include "core/store/sqlite_journal.h"
#include "core/store/sqlite_notes.h"
#include "tools/sealed_file.h"

namespace agentd {
namespace fs = std::filesystem;
namespace {

using Json = nlohmann::ordered_json;

/// Each database that is held takes two.
void allow_many_files() {
  rlimit files = {};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
}

std::unique_ptr<Ownership> own(const OwnedFiles& files, Clock& clock, const Stop& stop) {
  auto owner = Ownership::acquire(files, 0, clock, stop);
  if (!owner) throw Error(Exit::Suspended, files.what + " is in use: stop what works there, and try again");
  return owner;
}

/// Folders, files and links. Folders are closed again when all is in them.
void copy_tree(const fs::path& from, const fs::path& to) try {
  if (!is_there(from)) return;
  std::vector<std::pair<fs::path, fs::perms>> folders;
  make_folder(to);
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(from)) {
    const fs::path target = to / entry.path().lexically_relative(from);
    if (entry.is_symlink()) {
      fs::copy_symlink(entry.path(), target);
    } else if (entry.is_directory()) {
      make_folder(target);
      folders.emplace_back(target, entry.status().permissions());
    } else if (entry.is_regular_file()) {
      fs::copy_file(entry.path(), target);
    }
  }
  for (auto folder = folders.rbegin(); folder != folders.rend(); ++folder)
    fs::permissions(folder->first, folder->second);
} catch (const fs::filesystem_error& failure) {
  throw_errno("copy", failure.path1(), failure.code().value());
}

/// The output of a call.
void copy_output(const fs::path& from, const std::optional<DataKey>& key, const fs::path& to,
                 const DataKey& new_key) {
  const std::string name = from.filename().string();
  Fd file = open_existing(from, O_RDONLY);
  if (!file) throw_errno("read", from, errno);
  if (key) file = open_sealed(file, *key, name);
  if (!file) throw Error(Exit::Storage, from.string() + " is damaged: put back a backup of it, or remove it");
  const Fd copy(::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!copy) throw_errno("write", to, errno);
  const auto write = [&](std::string_view bytes) { write_all(copy.get(), bytes, to); };
  SealedParts parts(new_key, name);
  std::array<char, 64 * 1024> part;
  ssize_t size = 0;
  while ((size = ::read(file.get(), part.data(), part.size())) > 0)
    parts.add({part.data(), static_cast<std::size_t>(size)}, write);
  if (size < 0) throw_errno("read", from, errno);
  parts.finish(write);
}

void copy_run(const RunPaths& from, const RunPaths& to) {
  copy_database(journal_files(from), journal_files(to), kEventProbe);
  publish(to.lock(), read_all(open_existing(from.lock(), O_RDONLY).get(), from.lock()));
  InboxFolder(from).copy_to(InboxFolder(to));
  const std::string what = "outputs of run " + from.id;
  for (const std::string& name : list_folder(from.outputs()))
    if (name.ends_with(".txt"))
      copy_output(from.outputs() / name, key_of(from.key, what), to.outputs() / name, to.key->of(what));
  copy_tree(from.workspace(), to.workspace());
  copy_tree(from.scratch(), to.scratch());
}

/// They name runs as their folders were named.
void copy_tombstones(const MemoryDir& from, const MemoryDir& to) {
  const fs::path path = from.path() / kTombstones;
  const Fd file = open_existing(path, O_RDONLY);
  if (!file) return;
  std::istringstream lines(read_all(file.get(), path));
  std::string copy;
  for (std::string line; std::getline(lines, line);) {
    Json stone = Json::parse(line, nullptr, false);
    if (!stone.is_object()) continue;  // torn
    const std::string name = stone.value("run", "");
    stone["run"] = to.file_name(from.name_of(name).value_or(name));
    copy += stone.dump() + "\n";
  }
  publish(to.path() / kTombstones, copy);
}

}  // namespace

void copy_memory(const MemoryDir& from, const MemoryDir& to, Clock& clock, const Stop& stop) {
  allow_many_files();
  std::vector<std::unique_ptr<Ownership>> owners;
  const auto runs = from.run_ids();
  for (const std::string& id : runs) owners.push_back(own(journal_files(from.run(id)), clock, stop));
  const auto namespaces = note_namespaces(from);
  for (const std::string& name : namespaces) owners.push_back(own(note_files(from, name), clock, stop));
  for (const std::string& id : runs) copy_run(from.run(id), to.make_run(id));
  if (!namespaces.empty()) make_folder(to.path() / "memory");
  for (const std::string& name : namespaces)
    copy_database(note_files(from, name), note_files(to, name), kNoteProbe);
  copy_tombstones(from, to);
  if (from.run_ids() != runs || note_namespaces(from) != namespaces)
    throw Error(Exit::Suspended, from.path().string() + " has been worked on: stop that, and try again");
}

}  // namespace agentd
