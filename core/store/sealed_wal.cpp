#include "core/store/sealed_wal.h"

#include <algorithm>
#include <utility>

// What SQLite keeps in a -wal is known from sqlite.org/fileformat2.html; whatever it should read or write in
// another way is an error.

namespace agentd {
namespace {

constexpr auto kFrame = static_cast<sqlite3_int64>(kFrameSize);
constexpr auto kHeader = static_cast<sqlite3_int64>(kWalHeaderSize);
constexpr auto kFrameHeader = static_cast<sqlite3_int64>(kFrameHeaderSize);
constexpr auto kSeal = static_cast<sqlite3_int64>(DataKey::kSealSize);

sqlite3_int64 frame_at(sqlite3_int64 offset) {
  return offset - (offset - kHeader) % kFrame;
}

}  // namespace

int SealedWal::read(char* bytes, std::size_t size, sqlite3_int64 offset) {
  if (const int status = settle(); status != SQLITE_OK) return status;
  if (offset + static_cast<sqlite3_int64>(size) <= kHeader)
    return read_header(bytes, size, static_cast<std::size_t>(offset));
  const sqlite3_int64 begin = frame_at(offset);
  const auto skipped = static_cast<std::size_t>(offset - begin);
  if (offset < kHeader || skipped + size > kFrameSize) return SQLITE_IOERR_READ;
  Frame frame;
  const int status = read_frame(frame, begin);
  std::fill_n(bytes, size, '\0');
  if (status != SQLITE_OK) return status;
  // Whoever looks for frames reads them from their beginning, and zeros are none; others know of this one.
  if (!open_frame(frame, key_)) return skipped == 0 ? why_closed(begin) : SQLITE_CORRUPT;
  std::copy_n(frame.begin() + skipped, size, bytes);
  return SQLITE_OK;
}

int SealedWal::write(const char* bytes, std::size_t size, sqlite3_int64 offset) {
  if (offset == 0 && size == kWalHeaderSize) return write_header(bytes);
  const sqlite3_int64 skipped = offset - frame_at(offset);
  if (skipped == kFrameHeader && size == kPageSize) return write_page(bytes, offset);
  if (skipped != 0 || size != kFrameHeaderSize) return SQLITE_IOERR_WRITE;
  if (const int status = settle(); status != SQLITE_OK) return status;
  waiting_ = offset;
  std::copy_n(bytes, size, header_.begin());
  return SQLITE_OK;
}

int SealedWal::truncate(sqlite3_int64 size) {
  waiting_ = 0;
  return file_->pMethods->xTruncate(file_, size == 0 ? 0 : size + kSeal);
}

int SealedWal::size(sqlite3_int64* size) const {
  const int status = file_->pMethods->xFileSize(file_, size);
  *size = std::max<sqlite3_int64>(*size - kSeal, 0);
  return status;
}

/// Puts the header that waits before a page that is there already. Without one there is no frame yet.
int SealedWal::settle() {
  if (waiting_ == 0) return SQLITE_OK;
  const sqlite3_int64 offset = std::exchange(waiting_, 0);
  Frame frame;
  const int status = read_frame(frame, offset);
  if (status == SQLITE_IOERR_SHORT_READ) return SQLITE_OK;
  if (status != SQLITE_OK) return status;
  if (!open_frame(frame, key_)) return SQLITE_OK;
  std::copy(header_.begin(), header_.end(), frame.begin());
  close_frame(frame, key_);
  return write_frame(frame, offset);
}

/// It fits into a sector, and no crash tears it.
int SealedWal::read_header(char* bytes, std::size_t size, std::size_t offset) {
  WalHeader header;
  const int status = file_->pMethods->xRead(file_, header.data(), static_cast<int>(header.size()), 0);
  std::fill_n(bytes, size, '\0');
  if (status != SQLITE_OK) return status;
  if (!is_whole(header, key_)) return search(kHeader, [&](Frame& frame) { return open_frame(frame, key_); });
  std::copy_n(header.begin() + offset, size, bytes);
  return SQLITE_OK;
}

int SealedWal::read_frame(Frame& frame, sqlite3_int64 offset) {
  return file_->pMethods->xRead(file_, frame.data(), static_cast<int>(frame.size()), offset + kSeal);
}

int SealedWal::write_frame(const Frame& frame, sqlite3_int64 offset) {
  return file_->pMethods->xWrite(file_, frame.data(), static_cast<int>(frame.size()), offset + kSeal);
}

int SealedWal::write_header(const char* bytes) {
  WalHeader header;
  std::copy_n(bytes, kWalHeaderSize, header.begin());
  seal_header(header, key_);
  return file_->pMethods->xWrite(file_, header.data(), static_cast<int>(header.size()), 0);
}

int SealedWal::write_page(const char* bytes, sqlite3_int64 offset) {
  const sqlite3_int64 begin = frame_at(offset);
  Frame frame;
  if (waiting_ == begin) {
    std::copy(header_.begin(), header_.end(), frame.begin());
    waiting_ = 0;
  } else {  // in the place of a page of the same transaction
    int status = settle();
    if (status == SQLITE_OK) status = read_frame(frame, begin);
    if (status != SQLITE_OK) return status;
    if (!open_frame(frame, key_)) return SQLITE_CORRUPT;
  }
  std::copy_n(bytes, kPageSize, frame.begin() + kFrameHeaderSize);
  if (!close_frame(frame, key_)) return SQLITE_IOERR_WRITE;
  return write_frame(frame, begin);
}

/// OK: a crash has torn the frame there, and the log ends before it. Where two transactions end in it or
/// later, the first of them was safe on the disk before the last began: then it was damaged since.
int SealedWal::why_closed(sqlite3_int64 offset) {
  WalHeader header;
  const int status = file_->pMethods->xRead(file_, header.data(), static_cast<int>(header.size()), 0);
  if (status != SQLITE_OK) return status;
  int ends = 0;
  bool is_closed = true;  // the first one
  return search(offset, [&](Frame& frame) {
    const bool is_end = ends_transaction(frame, header) && (is_closed || open_frame(frame, key_));
    is_closed = false;
    ends += is_end ? 1 : 0;
    return ends == 2;
  });
}

/// CORRUPT: one of the frames from there on is damage, or tells of it.
int SealedWal::search(sqlite3_int64 begin, const IsDamage& is_damage) {
  Frame frame;
  for (sqlite3_int64 offset = begin;; offset += kFrame) {
    const int status = read_frame(frame, offset);
    if (status == SQLITE_IOERR_SHORT_READ) return SQLITE_OK;
    if (status != SQLITE_OK) return status;
    if (is_damage(frame)) return SQLITE_CORRUPT;
  }
}

}  // namespace agentd
