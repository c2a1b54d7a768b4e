#include "core/store/sealed_vfs.h"

#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <new>
#include <utility>

#include "core/error.h"
#include "core/store/sealed_pages.h"

// A layer between SQLite and its own files (sqlite.org/vfs.html). It knows two kinds of file, and refuses all
// others: with exclusive WAL and temporary tables in memory there are none. What SQLite keeps in them is
// known from sqlite.org/fileformat2.html; whatever it should read or write in another way is an error.

namespace agentd {
namespace fs = std::filesystem;
namespace {

constexpr const char* kName = "agentd-sealed";
constexpr const char* kKeyParameter = "key";

/// Followed by SQLite's own file.
struct File {
  sqlite3_file base;
  DataKey key;
  bool is_wal;
  /// A frame's header is written before its page, and goes to the file with it.
  sqlite3_int64 waiting;  ///< where it belongs; 0: none waits
  std::array<char, kFrameHeaderSize> header;
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

int read_inner(File& file, void* bytes, std::size_t size, sqlite3_int64 offset) {
  return inner(file)->pMethods->xRead(inner(file), bytes, static_cast<int>(size), offset);
}

int write_inner(File& file, const void* bytes, std::size_t size, sqlite3_int64 offset) {
  return inner(file)->pMethods->xWrite(inner(file), bytes, static_cast<int>(size), offset);
}

constexpr auto kPage = static_cast<sqlite3_int64>(kPageSize);
constexpr auto kFrame = static_cast<sqlite3_int64>(kFrameSize);
constexpr auto kWalHeader = static_cast<sqlite3_int64>(kWalHeaderSize);
constexpr auto kFrameHeader = static_cast<sqlite3_int64>(kFrameHeaderSize);

sqlite3_int64 frame_at(sqlite3_int64 offset) {
  return offset - (offset - kWalHeader) % kFrame;
}

std::uint32_t number_of_page(sqlite3_int64 offset) {
  return static_cast<std::uint32_t>(offset / kPage + 1);
}

/// Puts the header that waits before a page that is there already. Without one there is no frame yet.
int settle(File& file) {
  if (file.waiting == 0) return SQLITE_OK;
  const sqlite3_int64 offset = std::exchange(file.waiting, 0);
  Frame frame;
  const int status = read_inner(file, frame.data(), frame.size(), offset);
  if (status == SQLITE_IOERR_SHORT_READ) return SQLITE_OK;
  if (status != SQLITE_OK) return status;
  if (!open_frame(frame, file.key)) return SQLITE_OK;
  std::copy(file.header.begin(), file.header.end(), frame.begin());
  close_frame(frame, file.key);
  return write_inner(file, frame.data(), frame.size(), offset);
}

int read_database(File& file, char* bytes, std::size_t size, sqlite3_int64 offset) {
  const int status = read_inner(file, bytes, size, offset);
  if (status != SQLITE_OK) return status;
  if (offset + static_cast<sqlite3_int64>(size) <= static_cast<sqlite3_int64>(kDatabaseHeaderSize))
    return SQLITE_OK;
  if (size != kPageSize || offset % kPage != 0) return SQLITE_IOERR_READ;
  return open_page(bytes, number_of_page(offset), file.key) ? SQLITE_OK : SQLITE_CORRUPT;
}

int write_database(File& file, const char* bytes, std::size_t size, sqlite3_int64 offset) {
  if (size != kPageSize || offset % kPage != 0) return SQLITE_IOERR_WRITE;
  Page page;
  std::copy_n(bytes, kPageSize, page.begin());
  if (!close_page(page.data(), number_of_page(offset), file.key)) return SQLITE_IOERR_WRITE;
  return write_inner(file, page.data(), page.size(), offset);
}

/// A frame that does not open is none: it was torn off by a crash. Whoever looks for frames reads them from
/// their beginning, and finds nothing; whoever knows of it finds damage.
int read_wal(File& file, char* bytes, std::size_t size, sqlite3_int64 offset) {
  if (const int status = settle(file); status != SQLITE_OK) return status;
  if (offset + static_cast<sqlite3_int64>(size) <= kWalHeader) return read_inner(file, bytes, size, offset);
  const sqlite3_int64 begin = frame_at(offset);
  const auto skipped = static_cast<std::size_t>(offset - begin);
  if (offset < kWalHeader || skipped + size > kFrameSize) return SQLITE_IOERR_READ;
  Frame frame;
  const int status = read_inner(file, frame.data(), frame.size(), begin);
  std::fill_n(bytes, size, '\0');
  if (status != SQLITE_OK) return status;
  if (!open_frame(frame, file.key)) return skipped == 0 ? SQLITE_OK : SQLITE_CORRUPT;
  std::copy_n(frame.begin() + skipped, size, bytes);
  return SQLITE_OK;
}

int write_page_to_wal(File& file, const char* bytes, sqlite3_int64 offset) {
  const sqlite3_int64 begin = frame_at(offset);
  Frame frame;
  if (file.waiting == begin) {
    std::copy(file.header.begin(), file.header.end(), frame.begin());
    file.waiting = 0;
  } else {  // in the place of a page of the same transaction
    if (const int status = read_wal(file, frame.data(), kFrameHeaderSize, begin); status != SQLITE_OK)
      return status;
  }
  std::copy_n(bytes, kPageSize, frame.begin() + kFrameHeaderSize);
  if (!close_frame(frame, file.key)) return SQLITE_IOERR_WRITE;
  return write_inner(file, frame.data(), frame.size(), begin);
}

int write_wal(File& file, const char* bytes, std::size_t size, sqlite3_int64 offset) {
  if (offset == 0 && size == kWalHeaderSize) return write_inner(file, bytes, size, offset);
  const sqlite3_int64 skipped = offset - frame_at(offset);
  if (skipped == kFrameHeader && size == kPageSize) return write_page_to_wal(file, bytes, offset);
  if (skipped != 0 || size != kFrameHeaderSize) return SQLITE_IOERR_WRITE;
  if (const int status = settle(file); status != SQLITE_OK) return status;
  file.waiting = offset;
  std::copy_n(bytes, size, file.header.begin());
  return SQLITE_OK;
}

int read_file(sqlite3_file* file, void* bytes, int size, sqlite3_int64 offset) {
  File& ours = as_ours(file);
  const auto read = ours.is_wal ? read_wal : read_database;
  return read(ours, static_cast<char*>(bytes), static_cast<std::size_t>(size), offset);
}

int write_file(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) {
  File& ours = as_ours(file);
  const auto write = ours.is_wal ? write_wal : write_database;
  return write(ours, static_cast<const char*>(bytes), static_cast<std::size_t>(size), offset);
}

int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
  as_ours(file).waiting = 0;
  return pass_on<&sqlite3_io_methods::xTruncate>(file, size);
}

int sync_file(sqlite3_file* file, int flags) {
  const int status = settle(as_ours(file));
  return status == SQLITE_OK ? pass_on<&sqlite3_io_methods::xSync>(file, flags) : status;
}

int close_file(sqlite3_file* file) {
  const int status = settle(as_ours(file));
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
    .xFileSize = pass_on<&sqlite3_io_methods::xFileSize>,
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
  const bool is_wal = (flags & SQLITE_OPEN_WAL) != 0;
  File* ours = ::new (static_cast<void*>(file)) File{{nullptr}, *key, is_wal, 0, {}};
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
