#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "core/store/data_key.h"

// What a page looks like on the disk. SQLite leaves DataKey::kSealSize bytes at the end of each page alone
// ("reserved space"); they hold its seal, and are zero in memory. Source: sqlite.org/fileformat2.html

namespace agentd {

constexpr std::size_t kPageSize = 4096;
constexpr std::size_t kDatabaseHeaderSize = 100;
constexpr std::size_t kWalHeaderSize = 32;
constexpr std::size_t kFrameHeaderSize = 24;
constexpr std::size_t kFrameSize = kFrameHeaderSize + kPageSize;

using Page = std::array<char, kPageSize>;
/// Of a -wal: a header and a page.
using Frame = std::array<char, kFrameSize>;
/// Of a -wal, with its seal behind it.
using WalHeader = std::array<char, kWalHeaderSize + DataKey::kSealSize>;

/// By the header of a database.
bool is_database(std::string_view bytes);
bool is_sealed_format(std::string_view bytes);

/// False, and nothing was done: SQLite has put something where the seal belongs.
bool close_page(char* page, std::uint32_t number, const DataKey& key);
/// False: it was changed, or belongs elsewhere.
bool open_page(char* page, std::uint32_t number, const DataKey& key);

bool close_frame(Frame& frame, const DataKey& key);
bool open_frame(Frame& frame, const DataKey& key);
/// By its header, which is in sight; of the -wal that begins with `header`.
bool ends_transaction(const Frame& frame, const WalHeader& header);

void seal_header(WalHeader& header, const DataKey& key);
bool is_whole(const WalHeader& header, const DataKey& key);

}  // namespace agentd
