#include "tools/html_text.h"

#include <optional>
#include <vector>

#include "core/text.h"
#include "tools/entities.h"
#include "tools/html_elements.h"
#include "tools/html_tokens.h"
#include "tools/page_text.h"

namespace agentd {
namespace {

constexpr std::size_t kLongestText = 8 * 1024 * 1024;
constexpr std::size_t kLongestTitle = 1'000;
constexpr std::size_t kLongestLink = 2'000;  // as it is written out; a page may have thousands

enum class Noise { Dropped, Kept };

/// One pass over a page.
class Renderer {
 public:
  Renderer(const Url& address, Noise noise) : base_(address), noise_(noise) {}

  void take(const HtmlToken& token) {
    if (!dropped_.empty()) return drop(token);
    switch (token.kind) {
      case HtmlToken::Kind::Text:
        in_title_ ? take_title(token.text) : text_.text(token.text);
        break;
      case HtmlToken::Kind::Open:
        open(token);
        break;
      case HtmlToken::Kind::Close:
        close(token);
        break;
    }
  }
  bool is_full() const { return text_.size() > kLongestText; }
  /// What was dropped never ended: it may be all of the page.
  bool is_lost() const { return !dropped_.empty(); }

  Page finish() {
    end_main();
    Page page{std::string(trimmed(title_)), "", is_full()};
    page.text = text_.finish();
    if (!main_.empty()) page.text = std::move(main_);
    return page;
  }

 private:
  void drop(const HtmlToken& token) {
    if (token.kind == HtmlToken::Kind::Text || token.name != dropped_) return;
    if (token.kind == HtmlToken::Kind::Open) ++drop_depth_;
    if (token.kind == HtmlToken::Kind::Close && --drop_depth_ == 0) dropped_.clear();
  }

  void take_title(std::string_view text) {
    if (title_.empty()) title_ = to_valid_utf8(trimmed(text).substr(0, kLongestTitle));
  }

  void open(const HtmlToken& token) {
    const std::optional<Role> role = role_of(token.name);
    const bool is_noise = role == Role::Drop || is_hidden(token);
    if (is_noise && token.is_closed) return;
    if (is_noise && noise_ == Noise::Dropped) {
      dropped_ = token.name;
      drop_depth_ = 1;
      text_.text(" ");
      return;
    }
    if (!role) return;
    if (token.value("role") == "main") begin_main();
    open_element(*role, token);
  }

  void open_element(Role role, const HtmlToken& token) {
    switch (role) {
      case Role::Base:
        set_base(token.value("href"));
        return;
      case Role::Break:
        return text_.force_break();
      case Role::Cell:
        return open_cell();
      case Role::Code:
        return text_.open_code();
      case Role::Heading:
        break_block(2);
        return text_.mark(std::string(static_cast<std::size_t>(token.name[1] - '0'), '#') + " ");
      case Role::Image:
        return image(token.value("alt"));
      case Role::Item:
        return open_item();
      case Role::Link:
        return open_link(token.value("href"));
      case Role::List:
        break_block(text_.lists() > 0 ? 1 : 2);
        text_.open_list();
        return lists_.push_back(token.name == "ol" ? 0 : kUnordered);
      case Role::Main:
        return begin_main();
      case Role::Quote:
        break_block(2);
        return text_.open_quote();
      case Role::Row:
        if (!cells_.empty()) cells_.back() = 0;
        return text_.open_row();
      case Role::Rule:
        break_block(2);
        text_.text("---");
        return break_block(2);
      case Role::Table:
        break_block(2);
        return cells_.push_back(0);
      case Role::Title:
        in_title_ = true;
        return;
      case Role::Block:
        return break_block(2);
      case Role::Drop:
      case Role::Line:
        return break_block(1);
    }
  }

  void close(const HtmlToken& token) {
    const std::optional<Role> role = role_of(token.name);
    if (!role) return;
    switch (*role) {
      case Role::Code:
        return text_.close_code();
      case Role::Heading:
        text_.close_link();
        text_.drop_mark();
        return break_block(2);
      case Role::Item:
        text_.close_link();
        text_.drop_mark();
        return break_block(1);
      case Role::Link:
        return text_.close_link();
      case Role::List:
        close_list();
        return break_block(lists_.empty() ? 2 : 1);
      case Role::Main:
        return end_main();
      case Role::Quote:
        break_block(2);
        return text_.close_quote();
      case Role::Row:
        text_.close_link();
        text_.drop_mark();
        return break_block(1);
      case Role::Table:
        if (!cells_.empty()) cells_.pop_back();
        text_.drop_mark();
        return break_block(2);
      case Role::Title:
        in_title_ = false;
        return;
      case Role::Break:  // browsers take </br> for <br>
        return text_.force_break();
      case Role::Block:
        return break_block(2);
      case Role::Line:
        return break_block(1);
      case Role::Base:
      case Role::Cell:
      case Role::Drop:
      case Role::Image:
      case Role::Rule:
        return;
    }
  }

  void break_block(int line_ends) { text_.break_line(line_ends); }

  void set_base(std::string_view reference) {
    const std::optional<Url> base = resolve_url(base_, reference);
    if (base && !has_base_) base_ = *base;
    has_base_ = true;
  }

  void open_link(std::string_view reference) {
    text_.close_link();
    if (trimmed(reference).empty() || reference.starts_with('#')) return;
    const std::optional<Url> url = resolve_url(base_, reference);
    std::string address = url ? to_string(*url) : "";
    if (!url && reference.starts_with("mailto:")) address = reference;
    if (!address.empty() && address.size() <= kLongestLink) text_.open_link(std::move(address));
  }

  void image(std::string_view alternative) {
    const std::string_view words = trimmed(alternative);
    if (!words.empty()) text_.text("![" + std::string(words) + "]");
  }

  void open_item() {
    text_.close_link();
    text_.drop_mark();
    text_.break_line(1);
    if (lists_.empty() || lists_.back() == kUnordered) return text_.mark("- ");
    text_.mark(std::to_string(++lists_.back()) + ". ");
  }

  void close_list() {
    text_.close_link();
    text_.drop_mark();
    if (lists_.empty()) return;
    lists_.pop_back();
    text_.close_list();
  }

  void open_cell() {
    if (cells_.empty()) return text_.text(" ");
    if (cells_.back()++ > 0) text_.next_cell();
  }

  void begin_main() {
    if (main_begin_ || !main_.empty()) return;
    text_.close_link();
    text_.break_line(2);
    main_begin_ = text_.size();
  }

  void end_main() {
    if (!main_begin_) return;
    text_.close_link();
    main_ = trimmed(text_.since(*main_begin_), "\n");
    main_begin_.reset();
  }

  static constexpr int kUnordered = -1;

  Url base_;
  Noise noise_;
  bool has_base_ = false;
  PageText text_;
  std::string title_;
  bool in_title_ = false;
  std::vector<int> lists_;  ///< the number of the last item, or kUnordered
  std::vector<int> cells_;  ///< of the present row of each open table
  std::string dropped_;     ///< the element that is being left out
  std::size_t drop_depth_ = 0;
  std::optional<std::size_t> main_begin_;
  std::string main_;
};

Page render(std::string_view html, Renderer& renderer) {
  HtmlTokens tokens(html);
  HtmlToken token;
  while (!renderer.is_full() && tokens.next(token)) renderer.take(token);
  Page page = renderer.finish();
  page.title = without_invisible(page.title);
  page.text = without_invisible(page.text);
  return page;
}

}  // namespace

Page html_text(std::string_view html, const Url& address) {
  Renderer renderer(address, Noise::Dropped);
  Page page = render(html, renderer);
  if (!renderer.is_lost()) return page;
  Renderer whole(address, Noise::Kept);
  return render(html, whole);
}

}  // namespace agentd
