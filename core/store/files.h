#pragma once

#include <sys/stat.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/fd.h"

namespace agentd {

/// Throws Error(Storage): "cannot DOING PATH: CAUSE; FIX".
[[noreturn]] void throw_errno(std::string_view doing, const std::filesystem::path& path, int error);
bool is_full(int error);
/// Says which file system is full, and that the run goes on after room is made.
std::string full_sentence(const std::filesystem::path& path);

/// Names in a folder, as the server of a network file system has them now; a folder that is missing has none.
std::vector<std::string> list_folder(const std::filesystem::path& folder);
/// Network clients remember for half a minute that a name does not exist. These two ask the listing before
/// they believe it.
bool is_there(const std::filesystem::path& path);
Fd open_existing(const std::filesystem::path& path, int flags);

bool is_same_file(const struct stat& one, const struct stat& other);
std::string read_all(int fd, const std::filesystem::path& path);
void write_all(int fd, std::string_view bytes, const std::filesystem::path& path);
/// Of its owner alone; false if it was there already.
bool make_folder(const std::filesystem::path& folder);
void sync_folder(const std::filesystem::path& folder);
/// Makes a durable file that appears whole or not at all, and replaces none: false if there is one.
bool publish(const std::filesystem::path& path, std::string_view bytes);
/// The same in the place of a file that is there: readers see the old one or the new one.
void replace(const std::filesystem::path& path, std::string_view bytes);

}  // namespace agentd
