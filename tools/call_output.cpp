#include "tools/call_output.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "core/error.h"
#include "core/text.h"
#include "tools/answers.h"
#include "tools/named_file.h"

namespace agentd {
namespace {

constexpr std::size_t kMostShown = 16 * 1024;
constexpr std::size_t kHead = 2 * kMostShown;
constexpr std::int64_t kMostStored = 64 * 1024 * 1024;

}  // namespace

CallOutput::CallOutput(const CallId& call, std::filesystem::path folder, const Secrets& secrets,
                       const Seal* seal)
    : call_(call), folder_(std::move(folder)), filter_(secrets) {
  if (seal != nullptr) parts_.emplace(*seal, output_file_name(call));
}

CallOutput::~CallOutput() {
  if (file_) ::unlink(temporary().c_str());
}

void CallOutput::write(std::string_view bytes) {
  keep(filter_.filter(bytes));
}

void CallOutput::keep(std::string_view bytes) {
  total_ += static_cast<std::int64_t>(bytes.size());
  const std::string_view first = bytes.substr(0, kHead - head_.size());
  const std::string_view rest = bytes.substr(first.size());
  head_ += first;
  if (rest.empty()) return;
  if (!file_) open_file();
  store(rest);
  tail_ += rest;
  if (tail_.size() > 4 * kMostShown) tail_.erase(0, tail_.size() - kMostShown);
}

std::filesystem::path CallOutput::temporary() const {
  return path() += ".tmp";
}

std::filesystem::path CallOutput::path() const {
  return folder_ / output_file_name(call_);
}

/// What an attempt that died has left goes first: whoever still has it open must not write into this one.
void CallOutput::open_file() {
  if (::mkdir(folder_.c_str(), 0700) != 0 && errno != EEXIST) fail(errno);
  ::unlink(temporary().c_str());
  file_ = Fd(::open(temporary().c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file_) fail(errno);
  store(head_);
}

void CallOutput::store(std::string_view bytes) {
  const auto room = static_cast<std::size_t>(kMostStored - stored_);
  bytes = bytes.substr(0, room);
  stored_ += static_cast<std::int64_t>(bytes.size());
  write_file(bytes);
}

void CallOutput::write_file(std::string_view bytes) {
  if (!parts_) return write_bytes(bytes);
  parts_->add(bytes, [&](std::string_view sealed) { write_bytes(sealed); });
}

void CallOutput::write_bytes(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t wrote = ::write(file_.get(), bytes.data(), bytes.size());
    if (wrote < 0 && errno != EINTR) fail(errno);
    if (wrote > 0) bytes.remove_prefix(static_cast<std::size_t>(wrote));
  }
}

void CallOutput::commit_file() {
  if (total_ > stored_) {
    write_file("\n" + fill(sentence("stored_cut"), {{"limit", std::to_string(kMostStored)}}) + "\n");
  }
  if (parts_) parts_->finish([&](std::string_view sealed) { write_bytes(sealed); });
  if (::fsync(file_.get()) != 0 || ::rename(temporary().c_str(), path().c_str()) != 0) fail(errno);
  file_.close();
  const Fd folder(::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder || ::fsync(folder.get()) != 0) fail(errno);
}

ToolResult CallOutput::finish(Outcome outcome, std::string_view mark) {
  keep(filter_.flush());
  std::string text = to_valid_utf8(head_ + tail_);
  if (text.ends_with('\n')) text.pop_back();
  if (!file_ && text.size() <= kMostShown) return {outcome, text, ""};
  if (!file_) open_file();
  commit_file();
  const std::string filled = fill(mark, {{"total", std::to_string(total_)}, {"call", to_string(call_)}});
  return {outcome, cut_middle(text, kMostShown, filled), "outputs/" + output_file_name(call_)};
}

void CallOutput::fail(int error) const {
  throw Error(Exit::Storage, "cannot store the output of call " + to_string(call_) + " in " +
                                 path().string() + ": " + std::generic_category().message(error) +
                                 "; the run can go on once that is mended");
}

}  // namespace agentd
