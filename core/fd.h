#pragma once

#include <unistd.h>

#include <utility>

namespace agentd {

/// Owns a file descriptor; -1 is none.
class Fd {
 public:
  explicit Fd(int number = -1) : number_(number) {}
  Fd(Fd&& other) noexcept : number_(other.release()) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Fd() {
    if (number_ >= 0) ::close(number_);
  }
  int get() const { return number_; }
  int release() { return std::exchange(number_, -1); }
  explicit operator bool() const { return number_ >= 0; }
  void close() { Fd(std::move(*this)); }

 private:
  int number_;
};

}  // namespace agentd
