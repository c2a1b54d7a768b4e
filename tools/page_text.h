#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace agentd {

/// Writes the text of a page, in something like Markdown: white space collapses, blocks begin on lines of
/// their own, and what turns out to be empty leaves no trace.
class PageText {
 public:
  void text(std::string_view text);
  /// The next text begins on a new line, after that many line ends less one of empty lines.
  void break_line(int line_ends);
  /// <br>: counts even after another.
  void force_break();
  /// Stands before the next text, on the same line: "- ", "## ".
  void mark(std::string_view mark) { mark_ += mark; }
  /// Nothing came after the mark.
  void drop_mark() { mark_.clear(); }

  void open_link(std::string url);
  void close_link();
  void open_quote() { ++quotes_; }
  void close_quote();
  void open_list() { ++lists_; }
  void close_list();
  std::size_t lists() const { return lists_; }
  /// Between these, white space stays.
  void open_code();
  void close_code();
  void open_row();
  /// Before a cell that is not the first of its row: takes back the line ends that the ones before have left.
  void next_cell();

  std::size_t size() const { return out_.size(); }
  std::string finish();
  /// What has been written since then.
  std::string_view since(std::size_t begin) const { return std::string_view(out_).substr(begin); }

 private:
  void begin_text();
  void new_line();
  void begin_line();
  void code_text(std::string_view text);
  void collapsed_text(std::string_view text);

  struct Link {
    std::string url;
    std::optional<std::size_t> begin;  ///< of its '[', once it has text
  };

  std::string out_;
  std::string mark_;
  int line_ends_ = 0;  ///< wanted before the next text
  bool space_ = false;
  std::optional<Link> link_;
  std::size_t quotes_ = 0;
  std::size_t lists_ = 0;
  std::size_t row_begin_ = 0;
  std::size_t codes_ = 0;
  bool in_code_ = false;  ///< the fence has been written
};

}  // namespace agentd
