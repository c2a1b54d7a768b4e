#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <filesystem>
#include <optional>
#include <string>

#include "core/store/data_key.h"

// Encrypted databases: SQLite's own files with each page sealed on its own, in the database as in the -wal.
// In plain sight stay the header of 100 bytes, which tells sizes and versions, and the numbers of pages. For
// core/store alone.

namespace agentd {

/// Opens a database in WAL mode; with a key, an encrypted one. Exclusive locking must be set before the first
/// access then. A page that was changed, or belongs elsewhere, is SQLITE_CORRUPT.
SQLite::Database open_file(const std::filesystem::path& file, const std::optional<DataKey>& key,
                           int busy_ms = 0);

/// Gives a new database room for the seals. Before its first table.
void reserve_for_seals(SQLite::Database& database);
/// Encrypts the bytes of such a database.
std::string sealed_image(std::string image, const DataKey& key);

/// Throws Error(Storage) if the database is encrypted and there is no key, or the other way about.
void check_sealed(const std::filesystem::path& file, int fd, const std::optional<DataKey>& key);

}  // namespace agentd
