#include "core/store/sealed_pages.h"

#include <algorithm>
#include <string>

namespace agentd {
namespace {

constexpr std::string_view kMagic = "SQLite format 3";
constexpr std::size_t kReservedOffset = 20;  // in the header: how many bytes of each page are left alone
constexpr std::size_t kUsed = kPageSize - DataKey::kSealSize;

/// Of a frame's header, which page it is, how large the database then is, and the salts of the -wal stay in
/// sight. Its end is a sum of the page's bytes: sealed with them, as it tells of them.
constexpr std::size_t kFrameInSight = 16;
constexpr std::size_t kSum = kFrameHeaderSize - kFrameInSight;
constexpr std::size_t kSizeOffset = 4;  // of the database, after the last frame of a transaction; else 0
constexpr std::size_t kSaltsOffset = 8;
constexpr std::size_t kWalSaltsOffset = 16;
constexpr std::size_t kSaltsSize = 8;

/// Of the first page, the database's header stays in sight.
std::size_t in_sight(std::uint32_t number) {
  return number == 1 ? kDatabaseHeaderSize : 0;
}

/// Where a page belongs, and what of it is in sight. No frame, or header of a -wal, has as many bytes of
/// that.
std::string place_of(const char* page, std::uint32_t number) {
  std::string place;
  for (int shift = 0; shift < 32; shift += 8) place += static_cast<char>(number >> shift);
  return place.append(page, in_sight(number));
}

bool is_free(const char* seal) {
  return std::all_of(seal, seal + DataKey::kSealSize, [](char c) { return c == 0; });
}

std::string_view place_of(const Frame& frame) {
  return {frame.data(), kFrameInSight};
}

/// A frame's page with the sum behind it, as one text.
void gather(Frame& frame, std::array<char, kUsed + kSum>& text) {
  std::copy_n(frame.begin() + kFrameHeaderSize, kUsed, text.begin());
  std::copy_n(frame.begin() + kFrameInSight, kSum, text.begin() + kUsed);
}

void scatter(const std::array<char, kUsed + kSum>& text, Frame& frame) {
  std::copy_n(text.begin(), kUsed, frame.begin() + kFrameHeaderSize);
  std::copy_n(text.begin() + kUsed, kSum, frame.begin() + kFrameInSight);
}

}  // namespace

bool is_database(std::string_view bytes) {
  return bytes.starts_with(kMagic);
}

bool is_sealed_format(std::string_view bytes) {
  return bytes.size() > kReservedOffset && bytes[kReservedOffset] == DataKey::kSealSize;
}

bool close_page(char* page, std::uint32_t number, const DataKey& key) {
  const std::size_t begin = in_sight(number);
  if (!is_free(page + kUsed)) return false;
  key.encrypt(page + begin, kUsed - begin, place_of(page, number), page + kUsed);
  return true;
}

bool open_page(char* page, std::uint32_t number, const DataKey& key) {
  const std::size_t begin = in_sight(number);
  if (!key.decrypt(page + begin, kUsed - begin, place_of(page, number), page + kUsed)) return false;
  std::fill_n(page + kUsed, DataKey::kSealSize, '\0');
  return true;
}

bool close_frame(Frame& frame, const DataKey& key) {
  char* seal = frame.data() + kFrameHeaderSize + kUsed;
  if (!is_free(seal)) return false;
  std::array<char, kUsed + kSum> text;
  gather(frame, text);
  key.encrypt(text.data(), text.size(), place_of(frame), seal);
  scatter(text, frame);
  return true;
}

bool open_frame(Frame& frame, const DataKey& key) {
  char* seal = frame.data() + kFrameHeaderSize + kUsed;
  std::array<char, kUsed + kSum> text;
  gather(frame, text);
  if (!key.decrypt(text.data(), text.size(), place_of(frame), seal)) return false;
  scatter(text, frame);
  std::fill_n(seal, DataKey::kSealSize, '\0');
  return true;
}

bool ends_transaction(const Frame& frame, const WalHeader& header) {
  const char* size = frame.data() + kSizeOffset;
  return std::any_of(size, frame.data() + kSaltsOffset, [](char c) { return c != 0; }) &&
         std::equal(frame.data() + kSaltsOffset, frame.data() + kSaltsOffset + kSaltsSize,
                    header.data() + kWalSaltsOffset);
}

void seal_header(WalHeader& header, const DataKey& key) {
  const std::string seal = key.close("", {header.data(), kWalHeaderSize});
  std::copy(seal.begin(), seal.end(), header.begin() + kWalHeaderSize);
}

bool is_whole(const WalHeader& header, const DataKey& key) {
  return key.open({header.data() + kWalHeaderSize, DataKey::kSealSize}, {header.data(), kWalHeaderSize})
      .has_value();
}

}  // namespace agentd
