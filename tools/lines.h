#pragma once

#include <array>
#include <string>
#include <string_view>

#include "core/clock.h"
#include "core/fd.h"

namespace agentd {

/// Reads a file line by line in little memory, however long the file and its lines are.
class Lines {
 public:
  struct Line {
    std::string text;      ///< without its line end; at most `longest` bytes of it
    std::size_t size = 0;  ///< how long it really is
  };

  Lines(Fd file, std::size_t longest, const Stop& stop)
      : file_(std::move(file)), longest_(longest), stop_(stop) {}

  /// False at the end. An unreadable rest is an end too, see `error`, and so is a reason to stop.
  bool next(Line& line);
  /// What is to be read next, up to a buffer of it.
  std::string_view peek();
  /// The error number that ended the reading; 0 for none.
  int error() const { return error_; }

 private:
  Fd file_;
  std::size_t longest_;
  const Stop& stop_;
  std::array<char, 65536> buffer_;
  std::string_view rest_;
  int error_ = 0;
};

}  // namespace agentd
