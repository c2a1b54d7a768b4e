#include "core/store/sealed_vfs.h"

#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <new>
#include <optional>

#include "core/error.h"
#include "core/store/sealed_wal.h"

// A layer between SQLite and its own files (sqlite.org/vfs.html). It knows two kinds of file, and refuses all
// others: with exclusive WAL and temporary tables in memory there are none.

namespace agentd {
namespace fs = std::filesystem;
namespace {

constexpr const char* kName = "agentd-sealed";
constexpr const char* kKeyParameter = "key";

/// Followed by SQLite's own file.
struct File {
  sqlite3_file base;
  DataKey key;
  std::optional<SealedWal> wal;  ///< none: it is a database
};

File& as_ours(sqlite3_file* file) {
  return *reinterpret_cast<File*>(file);
}

sqlite3_file* inner(File& file) {
  return reinterpret_cast<sqlite3_file*>(&file + 1);
}

sqlite3_file* inner(sqlite3_file* file) {
  return inner(as_ours(file));
}

sqlite3_vfs* system_vfs() {
  return sqlite3_vfs_find(nullptr);
}

template <auto Member, class... Arguments>
int pass_on(sqlite3_file* file, Arguments... arguments) {
  sqlite3_file* real = inner(file);
  return (real->pMethods->*Member)(real, arguments...);
}

constexpr auto kPage = static_cast<sqlite3_int64>(kPageSize);

std::uint32_t number_of_page(sqlite3_int64 offset) {
  return static_cast<std::uint32_t>(offset / kPage + 1);
}

/// Also a part of a page, as newer SQLite reads long values. The header is read before all else.
int read_database(File& file, char* bytes, std::size_t size, sqlite3_int64 offset) {
  const auto end = offset + static_cast<sqlite3_int64>(size);
  const auto read = inner(file)->pMethods->xRead;
  if (end <= static_cast<sqlite3_int64>(kDatabaseHeaderSize))
    return read(inner(file), bytes, static_cast<int>(size), offset);
  const sqlite3_int64 begin = offset - offset % kPage;
  if (end > begin + kPage) return SQLITE_IOERR_READ;
  Page page;
  const int status = read(inner(file), page.data(), static_cast<int>(page.size()), begin);
  const bool is_open = status == SQLITE_OK && open_page(page.data(), number_of_page(begin), file.key);
  std::copy_n(page.begin() + (offset - begin), size, bytes);
  return status == SQLITE_OK && !is_open ? SQLITE_CORRUPT : status;
}

int write_database(File& file, const char* bytes, std::size_t size, sqlite3_int64 offset) {
  if (size != kPageSize || offset % kPage != 0) return SQLITE_IOERR_WRITE;
  Page page;
  std::copy_n(bytes, kPageSize, page.begin());
  if (!close_page(page.data(), number_of_page(offset), file.key)) return SQLITE_IOERR_WRITE;
  return inner(file)->pMethods->xWrite(inner(file), page.data(), static_cast<int>(page.size()), offset);
}

int read_file(sqlite3_file* file, void* bytes, int size, sqlite3_int64 offset) {
  File& ours = as_ours(file);
  const auto to = static_cast<char*>(bytes);
  const auto count = static_cast<std::size_t>(size);
  return ours.wal ? ours.wal->read(to, count, offset) : read_database(ours, to, count, offset);
}

int write_file(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) {
  File& ours = as_ours(file);
  const auto from = static_cast<const char*>(bytes);
  const auto count = static_cast<std::size_t>(size);
  return ours.wal ? ours.wal->write(from, count, offset) : write_database(ours, from, count, offset);
}

int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
  auto& wal = as_ours(file).wal;
  return wal ? wal->truncate(size) : pass_on<&sqlite3_io_methods::xTruncate>(file, size);
}

int size_of_file(sqlite3_file* file, sqlite3_int64* size) {
  const auto& wal = as_ours(file).wal;
  return wal ? wal->size(size) : pass_on<&sqlite3_io_methods::xFileSize>(file, size);
}

int settle(sqlite3_file* file) {
  auto& wal = as_ours(file).wal;
  return wal ? wal->settle() : SQLITE_OK;
}

int sync_file(sqlite3_file* file, int flags) {
  const int status = settle(file);
  return status == SQLITE_OK ? pass_on<&sqlite3_io_methods::xSync>(file, flags) : status;
}

int close_file(sqlite3_file* file) {
  const int status = settle(file);
  const int closed = pass_on<&sqlite3_io_methods::xClose>(file);
  return status == SQLITE_OK ? closed : status;
}

/// Version 1: no memory that is shared or mapped.
constexpr sqlite3_io_methods kMethods = {
    .iVersion = 1,
    .xClose = close_file,
    .xRead = read_file,
    .xWrite = write_file,
    .xTruncate = truncate_file,
    .xSync = sync_file,
    .xFileSize = size_of_file,
    .xLock = pass_on<&sqlite3_io_methods::xLock>,
    .xUnlock = pass_on<&sqlite3_io_methods::xUnlock>,
    .xCheckReservedLock = pass_on<&sqlite3_io_methods::xCheckReservedLock>,
    .xFileControl = pass_on<&sqlite3_io_methods::xFileControl>,
    .xSectorSize = pass_on<&sqlite3_io_methods::xSectorSize>,
    .xDeviceCharacteristics = pass_on<&sqlite3_io_methods::xDeviceCharacteristics>,
    .xShmMap = nullptr,
    .xShmLock = nullptr,
    .xShmBarrier = nullptr,
    .xShmUnmap = nullptr,
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

int open_sealed(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  file->pMethods = nullptr;
  const char* text = name == nullptr ? nullptr : sqlite3_uri_parameter(name, kKeyParameter);
  const auto key = text == nullptr ? std::nullopt : DataKey::from_text(text);
  if (!key || (flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL)) == 0) return SQLITE_CANTOPEN;
  File* ours = ::new (static_cast<void*>(file)) File{{nullptr}, *key, {}};
  if ((flags & SQLITE_OPEN_WAL) != 0) ours->wal.emplace(inner(*ours), *key);
  sqlite3_vfs* system = system_vfs();
  const int status = system->xOpen(system, name, inner(*ours), flags, out_flags);
  if (status == SQLITE_OK) ours->base.pMethods = &kMethods;
  return status;
}

/// Once in a process, and never taken away.
void register_vfs() {
  static const int status = [] {
    static sqlite3_vfs sealed = *system_vfs();  // all but opening is the system's
    sealed.zName = kName;
    sealed.szOsFile += static_cast<int>(sizeof(File));
    sealed.xOpen = open_sealed;
    sealed.pNext = nullptr;
    return sqlite3_vfs_register(&sealed, 0);
  }();
  if (status != SQLITE_OK) throw std::bad_alloc();
}

/// With all in it that has a meaning in a URI written as %XX.
std::string uri_of(const fs::path& file, const DataKey& key) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  const auto escaped = [&](const std::string& text) {
    std::string result;
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      result += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
    return result;
  };
  return "file:" + escaped(file.string()) + "?" + kKeyParameter + "=" + escaped(key.to_text());
}

}  // namespace

SQLite::Database open_file(const fs::path& file, const std::optional<DataKey>& key, int busy_ms) {
  if (!key) return {file.string(), SQLite::OPEN_READWRITE, busy_ms};
  register_vfs();
  return {uri_of(file, *key), SQLite::OPEN_READWRITE | SQLITE_OPEN_URI, busy_ms, kName};
}

void reserve_for_seals(SQLite::Database& database) {
  int bytes = DataKey::kSealSize;
  database.check(sqlite3_file_control(database.getHandle(), "main", SQLITE_FCNTL_RESERVE_BYTES, &bytes));
}

std::string sealed_image(std::string image, const DataKey& key) {
  for (std::size_t offset = 0; offset < image.size(); offset += kPageSize)
    if (image.size() - offset < kPageSize || !is_sealed_format(image) ||
        !close_page(image.data() + offset, number_of_page(static_cast<sqlite3_int64>(offset)), key))
      throw Error(Exit::Storage, "this SQLite cannot keep an encrypted run: install SQLite 3.37 or newer");
  return image;
}

void check_sealed(const fs::path& file, int fd, const std::optional<DataKey>& key) {
  std::array<char, kDatabaseHeaderSize> header = {};
  if (::pread(fd, header.data(), header.size(), 0) != static_cast<ssize_t>(header.size())) return;
  const std::string_view text(header.data(), header.size());
  if (!is_database(text) || is_sealed_format(text) == key.has_value()) return;
  throw Error(Exit::Storage,
              file.string() + (key ? " is not encrypted, as all in this memory directory is: it came from "
                                     "elsewhere, so move it away"
                                   : " is encrypted, and this memory directory is not: move it back to "
                                     "where it came from"));
}

}  // namespace agentd
