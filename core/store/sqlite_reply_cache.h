#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "core/reply_cache.h"
#include "core/store/memory_dir.h"

namespace agentd {

constexpr std::int64_t kLargestReplyCache = 256 << 20;

/// The cache in one SQLite file, for several processes and hosts at once. Between two calls nothing is open
/// or locked. A file that is damaged, or no database, is replaced by a new one; at `most_bytes` of values the
/// oldest go.
std::unique_ptr<ReplyCache> make_sqlite_reply_cache(std::filesystem::path file,
                                                    std::int64_t most_bytes = kLargestReplyCache);

/// That of a memory directory, encrypted as the directory is.
std::unique_ptr<ReplyCache> make_reply_cache(const MemoryDir& memory);

/// Leaves no reply in the file, and nothing of those that were there. Throws Error(Storage).
void clear_reply_cache(const std::filesystem::path& file);

}  // namespace agentd
