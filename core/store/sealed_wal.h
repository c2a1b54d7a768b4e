#pragma once

#include <sqlite3.h>

#include <array>
#include <functional>

#include "core/store/sealed_pages.h"

namespace agentd {

/// A -wal whose header and frames are sealed. SQLite sees one without seals: its header is shorter there, and
/// all else stands that much earlier. All functions return SQLite's codes.
class SealedWal {
 public:
  /// `file`: as it is on the disk. Outlives this.
  SealedWal(sqlite3_file* file, const DataKey& key) : file_(file), key_(key) {}

  int read(char* bytes, std::size_t size, sqlite3_int64 offset);
  int write(const char* bytes, std::size_t size, sqlite3_int64 offset);
  int truncate(sqlite3_int64 size);
  int size(sqlite3_int64* size) const;
  /// Writes what still waits.
  int settle();

 private:
  using IsDamage = std::function<bool(Frame&)>;

  int read_header(char* bytes, std::size_t size, std::size_t offset);
  int read_frame(Frame& frame, sqlite3_int64 offset);
  int write_frame(const Frame& frame, sqlite3_int64 offset);
  int write_header(const char* bytes);
  int write_page(const char* bytes, sqlite3_int64 offset);
  int why_closed(sqlite3_int64 offset);
  int search(sqlite3_int64 begin, const IsDamage& is_damage);

  sqlite3_file* file_;
  DataKey key_;
  /// A frame's header is written before its page, and goes to the file with it.
  sqlite3_int64 waiting_ = 0;  ///< where it belongs; 0: none waits
  std::array<char, kFrameHeaderSize> header_ = {};
};

}  // namespace agentd
