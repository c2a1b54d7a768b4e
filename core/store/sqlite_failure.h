#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <filesystem>
#include <string>

// What SQLite's failures mean, in sentences. For core/store alone.

namespace agentd {

/// What the system answered to the last call of SQLite's that failed; 0: it was none.
int last_errno(const SQLite::Database& database);
/// Turns SQLite's failure into a sentence about `file`.
[[noreturn]] void throw_error(const SQLite::Exception& failure, int error, const std::filesystem::path& file);
[[noreturn]] void throw_damaged(const std::filesystem::path& file, const std::string& what);
/// The disk, or the user's share of it, is full.
bool is_full(const SQLite::Exception& failure, int error);
/// SQLite's words and the system's.
std::string cause_of(const SQLite::Exception& failure, int error);

}  // namespace agentd
