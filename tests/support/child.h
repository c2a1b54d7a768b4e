#pragma once

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "core/error.h"

namespace agentd {

/// The ends of two pipes: one process tells, the other awaits.
class Line {
 public:
  Line(int in, int out) : in_(in), out_(out) {}
  void tell() const { [[maybe_unused]] const ssize_t written = ::write(out_, "!", 1); }
  /// False once the other has ended.
  bool await() const {
    char byte = 0;
    return ::read(in_, &byte, 1) == 1;
  }

 private:
  int in_, out_;
};

/// A process that does `work` and ends as main would: an Error is its exit status.
class Child {
 public:
  explicit Child(const std::function<void(const Line&)>& work) {
    for (auto* pair : {&to_child_, &from_child_, &errors_}) {
      if (::pipe2(pair->data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    }
    pid_ = ::fork();
    if (pid_ != 0) {
      for (int* end : {&to_child_[0], &from_child_[1], &errors_[1]}) ::close(std::exchange(*end, -1));
      return;
    }
    // The test framework has handlers of its own.
    for (const int signal : {SIGHUP, SIGINT, SIGTERM}) ::signal(signal, SIG_DFL);
    ::dup2(errors_[1], STDERR_FILENO);
    for (const int end : {to_child_[1], from_child_[0], errors_[0]}) ::close(end);
    ::_exit(run(work));
  }
  ~Child() {
    if (pid_ > 0) {
      kill(SIGKILL);
      wait();
    }
    for (const auto* pair : {&to_child_, &from_child_, &errors_}) {
      for (const int end : *pair) ::close(end);
    }
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  Line line() const { return {from_child_[0], to_child_[1]}; }
  void kill(int signal) const { ::kill(pid_, signal); }
  void stop() const {
    kill(SIGSTOP);
    ::waitpid(pid_, nullptr, WUNTRACED);
  }
  /// Its exit status, or the negative number of the signal that ended it.
  int wait() {
    int status = 0;
    ::waitpid(std::exchange(pid_, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }
  /// What it said on stderr; after wait.
  std::string errors() const {
    std::string text;
    std::array<char, 4096> buffer;
    for (ssize_t size = 0; (size = ::read(errors_[0], buffer.data(), buffer.size())) > 0;) {
      text.append(buffer.data(), static_cast<std::size_t>(size));
    }
    return text;
  }

 private:
  int run(const std::function<void(const Line&)>& work) const {
    try {
      work({to_child_[0], from_child_[1]});
      return 0;
    } catch (const Error& error) {
      ::dprintf(STDERR_FILENO, "%s\n", error.what());
      return static_cast<int>(error.exit());
    } catch (const std::exception& error) {
      ::dprintf(STDERR_FILENO, "%s\n", error.what());
      return 1;
    }
  }

  std::array<int, 2> to_child_ = {-1, -1}, from_child_ = {-1, -1}, errors_ = {-1, -1};
  pid_t pid_ = -1;
};

struct Ended {
  int status = 0;
  std::string errors;
};

/// For what ends a process, or breaks it for good.
inline Ended run_apart(const std::function<void()>& work) {
  Child child([&](const Line&) { work(); });
  const int status = child.wait();
  return {status, child.errors()};
}

/// In a child: ends it with status 1 and the text.
inline void expect(bool truth, std::string_view otherwise) {
  if (!truth) throw std::runtime_error("not as expected: " + std::string(otherwise));
}

}  // namespace agentd
