#include "tools/page_text.h"

#include <algorithm>

namespace agentd {
namespace {

constexpr std::string_view kSpace = " \t\r\n\f\v";
constexpr std::string_view kNoBreakSpace = "\xc2\xa0";
constexpr std::string_view kFence = "```";
constexpr std::size_t kDeepest = 8;  // that shows: a page may nest its lists without end

std::size_t space_length(std::string_view text) {
  if (text.empty()) return 0;
  if (kSpace.find(text[0]) != std::string_view::npos) return 1;
  return text.starts_with(kNoBreakSpace) ? kNoBreakSpace.size() : 0;
}

}  // namespace

void PageText::text(std::string_view text) {
  if (codes_ > 0)
    code_text(text);
  else
    collapsed_text(text);
}

void PageText::collapsed_text(std::string_view text) {
  while (!text.empty()) {
    if (const std::size_t length = space_length(text); length > 0) {
      space_ = true;
      text.remove_prefix(length);
      continue;
    }
    std::size_t end = 1;
    while (end < text.size() && space_length(text.substr(end)) == 0) ++end;
    begin_text();
    out_ += text.substr(0, end);
    text.remove_prefix(end);
  }
}

void PageText::code_text(std::string_view text) {
  if (!in_code_) {
    if (text.starts_with("\r\n")) text.remove_prefix(1);
    if (text.starts_with('\n')) text.remove_prefix(1);
    if (text.find_first_not_of(kSpace) == std::string_view::npos) return;
    space_ = false;
    begin_text();
    in_code_ = true;
    out_ += kFence;
    new_line();
  }
  for (const char c : text) {
    if (c == '\n')
      new_line();
    else if (c != '\r')
      out_ += c;
  }
}

void PageText::begin_text() {
  if (in_code_) return;
  const bool is_new = line_ends_ > 0 || out_.empty();
  if (!out_.empty()) out_.append(static_cast<std::size_t>(line_ends_), '\n');
  if (is_new) begin_line();
  if (space_ && !is_new && mark_.empty()) out_ += ' ';
  line_ends_ = 0;
  space_ = false;
  out_ += mark_;
  mark_.clear();
  if (link_ && !link_->begin) {
    link_->begin = out_.size();
    out_ += '[';
  }
}

void PageText::new_line() {
  out_ += '\n';
  begin_line();
}

void PageText::begin_line() {
  for (std::size_t i = 0; i < std::min(quotes_, kDeepest); ++i) out_ += "> ";
  if (lists_ > 1) out_.append(2 * (std::min(lists_, kDeepest) - 1), ' ');
}

void PageText::break_line(int line_ends) {
  if (codes_ > 0) {
    if (in_code_ && !out_.ends_with('\n')) new_line();
    return;
  }
  space_ = true;
  if (link_ && link_->begin) return;  // a link is one line
  if (mark_.empty()) line_ends_ = std::max(line_ends_, line_ends);
}

void PageText::force_break() {
  if (in_code_) return new_line();
  if (mark_.empty() && !(link_ && link_->begin)) line_ends_ = std::min(line_ends_ + 1, 2);
  space_ = true;
}

void PageText::open_link(std::string url) {
  close_link();
  if (codes_ == 0) link_ = Link{std::move(url), std::nullopt};
}

void PageText::close_link() {
  if (link_ && link_->begin) {
    if (since(*link_->begin + 1) == link_->url)
      out_.erase(*link_->begin, 1);
    else
      out_ += "](" + link_->url + ")";
  }
  link_.reset();
}

void PageText::close_quote() {
  if (quotes_ > 0) --quotes_;
}

void PageText::close_list() {
  if (lists_ > 0) --lists_;
}

void PageText::open_code() {
  close_link();
  break_line(2);
  ++codes_;
}

void PageText::close_code() {
  if (codes_ == 0 || --codes_ > 0) return;
  if (in_code_) {
    out_.erase(out_.find_last_not_of(" \t\n>") + 1);
    new_line();
    out_ += kFence;
    in_code_ = false;
  }
  break_line(2);
}

void PageText::open_row() {
  close_link();
  break_line(1);
  row_begin_ = out_.size();
}

void PageText::next_cell() {
  close_link();
  if (codes_ > 0) return;
  if (out_.size() > row_begin_) line_ends_ = 0;
  space_ = false;
  mark_ += " | ";
}

std::string PageText::finish() {
  close_link();
  codes_ = std::min<std::size_t>(codes_, 1);
  close_code();
  return std::move(out_);
}

}  // namespace agentd
