#include "tools/sealed_file.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

namespace agentd {
namespace {

constexpr std::size_t kPart = 64 * 1024;
constexpr std::size_t kSealed = kPart + 40;

std::string place_of(const std::string& what, std::size_t part, bool is_last) {
  return what + (is_last ? " last part " : " part ") + std::to_string(part);
}

/// Fewer than a part: the file ends there. None: it cannot be read.
std::optional<std::string> read_part(int fd) {
  std::string part(kSealed, '\0');
  std::size_t size = 0;
  while (size < part.size()) {
    const ssize_t count = ::read(fd, part.data() + size, part.size() - size);
    if (count < 0 && errno != EINTR) return std::nullopt;
    if (count == 0) break;
    if (count > 0) size += static_cast<std::size_t>(count);
  }
  part.resize(size);
  return part;
}

bool write_whole(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t wrote = ::write(fd, bytes.data(), bytes.size());
    if (wrote < 0 && errno != EINTR) return false;
    if (wrote > 0) bytes.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return true;
}

}  // namespace

void SealedParts::add(std::string_view bytes, const Write& write) {
  part_ += bytes;
  // One part is kept back: it may be the last.
  for (; part_.size() > kPart; part_.erase(0, kPart))
    write(seal_.close(std::string_view(part_).substr(0, kPart), place_of(what_, count_++, false)));
}

void SealedParts::finish(const Write& write) {
  write(seal_.close(part_, place_of(what_, count_, true)));
}

Fd open_sealed(const Fd& file, const Seal& seal, const std::string& what) {
  Fd plain(::memfd_create("output", MFD_CLOEXEC));
  if (!plain) return Fd();
  auto part = read_part(file.get());
  for (std::size_t count = 0; part; ++count) {
    auto next = read_part(file.get());
    const bool is_last = next && next->empty();
    const auto text = next ? seal.open(*part, place_of(what, count, is_last)) : std::nullopt;
    if (!text || !write_whole(plain.get(), *text)) return Fd();
    if (is_last) return ::lseek(plain.get(), 0, SEEK_SET) == 0 ? std::move(plain) : Fd();
    part = std::move(next);
  }
  return Fd();
}

}  // namespace agentd
