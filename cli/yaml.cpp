#include "cli/yaml.h"

#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <sstream>
#include <utility>

#include "core/error.h"
#include "core/text.h"

namespace agentd {

namespace {

using Position = YamlDocument::Position;

constexpr std::size_t kLongestFile = 1'000'000;
constexpr std::size_t kDeepest = 50;
/// Aliases can make a short file mean more than fits into any memory.
constexpr std::size_t kLongestJson = 4'000'000;

std::string line_of(const std::string& file, Position at, const std::string& message) {
  return file + ":" + std::to_string(at.line) + ":" + std::to_string(at.column) + ": " + message;
}

Position position_of(const YAML::Mark& mark) {
  return mark.is_null() ? Position{} : Position{mark.line + 1, mark.column + 1};
}

Position position_of(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const std::size_t line = before.rfind('\n') + 1;  // npos + 1 is 0
  return {static_cast<int>(std::count(before.begin(), before.end(), '\n')) + 1,
          static_cast<int>(offset - line) + 1};
}

constexpr const char* kTab = "a tab in front of a line: indent with spaces";

/// yaml-cpp has no good word for the most common slip.
bool is_tabbed(std::string_view text, int line) {
  for (int i = 1; i < line; ++i) text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  return text.substr(0, text.find_first_not_of(" \t")).find('\t') != std::string_view::npos;
}

std::string quoted(const std::string& text) {
  return nlohmann::json(text).dump();
}

/// A JSON number for a plain scalar that is one: no leading zeros, no underscores, no hex, nothing too large.
std::optional<std::string> to_number(std::string_view text) {
  const bool is_signed = text.starts_with('+') || text.starts_with('-');
  const std::string_view digits = text.substr(is_signed ? 1 : 0);
  const bool starts_well = !digits.empty() && (digits[0] == '.' || (digits[0] >= '0' && digits[0] <= '9'));
  const bool has_leading_zero = digits.size() > 1 && digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9';
  if (!starts_well || has_leading_zero) return std::nullopt;
  double value = 0;
  const char* end = digits.data() + digits.size();
  const auto [rest, error] = std::from_chars(digits.data(), end, value);
  if (error != std::errc() || rest != end) return std::nullopt;
  const std::string sign = text.starts_with('-') ? "-" : "";
  const bool is_whole = digits.find_first_not_of("0123456789") == std::string_view::npos;
  return sign + (is_whole ? std::string(digits) : nlohmann::json(value).dump());
}

std::string plain_to_json(const std::string& text) {
  static const std::set<std::string_view> kNull{"", "~", "null", "Null", "NULL"};
  static const std::set<std::string_view> kTrue{"true", "True", "TRUE"};
  static const std::set<std::string_view> kFalse{"false", "False", "FALSE"};
  if (kNull.contains(text)) return "null";
  if (kTrue.contains(text)) return "true";
  if (kFalse.contains(text)) return "false";
  return to_number(text).value_or(quoted(text));
}

std::string escaped(const std::string& key) {
  std::string out;
  for (const char c : key) out += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  return out;
}

/// Writes what the parser finds as JSON text. An alias is written as the text of what it stands for.
class JsonWriter : public YAML::EventHandler {
 public:
  explicit JsonWriter(YamlDocument& document) : document_(document) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) refuse(mark, "a second document: one file holds one");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { write(mark, anchor, "null"); }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    static const std::string kText = "tag:yaml.org,2002:str";
    const bool is_plain = tag.empty() || tag == "?";
    if (!is_plain && tag != "!" && tag != kText) refuse(mark, "tags such as " + tag + " mean nothing here");
    if (expects_key())
      take_key(mark, text);
    else
      write(mark, anchor, is_plain ? plain_to_json(text) : quoted(text));
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = written_.find(anchor);
    if (found == written_.end()) refuse(mark, "this alias stands for what it is part of");
    const auto [start, end] = found->second;
    write(mark, 0, document_.json.substr(start, end - start));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, {.is_map = false, .anchor = anchor});
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, {.is_map = true, .anchor = anchor});
  }
  void OnSequenceEnd() override { close(); }
  void OnMapEnd() override { close(); }

 private:
  /// A mapping or list that is being written.
  struct Level {
    bool is_map = false;
    YAML::anchor_t anchor = 0;
    std::size_t start = 0;
    std::string pointer = {};
    std::string member = {};  ///< pointer of the value that comes next in a mapping; empty: a key comes next
    std::set<std::string> keys = {};
    std::size_t items = 0;
  };

  [[noreturn]] void refuse(const YAML::Mark& mark, const std::string& message) const {
    throw Error(Exit::Usage, line_of(document_.file, position_of(mark), message));
  }

  bool expects_key() const {
    return !levels_.empty() && levels_.back().is_map && levels_.back().member.empty();
  }

  void take_key(const YAML::Mark& mark, const std::string& key) {
    Level& map = levels_.back();
    if (!map.keys.insert(key).second) refuse(mark, "the key " + quoted(key) + " stands here twice");
    document_.json.append(map.keys.size() > 1 ? "," : "").append(quoted(key)).append(":");
    map.member = map.pointer + "/" + escaped(key);
    document_.positions.emplace(map.member, position_of(mark));
  }

  /// The pointer of the value that begins here.
  std::string begin(const YAML::Mark& mark) {
    if (expects_key()) refuse(mark, "a key must be a word");
    if (document_.json.size() > kLongestJson) refuse(mark, "too much in one file, aliases counted");
    if (levels_.empty()) return "";
    Level& level = levels_.back();
    if (level.is_map) return std::exchange(level.member, "");
    const std::string pointer = level.pointer + "/" + std::to_string(level.items);
    document_.positions.emplace(pointer, position_of(mark));
    if (level.items++ > 0) document_.json += ',';
    return pointer;
  }

  void write(const YAML::Mark& mark, YAML::anchor_t anchor, const std::string& json) {
    begin(mark);
    const std::size_t start = document_.json.size();
    document_.json += json;
    keep(anchor, start);
  }

  void open(const YAML::Mark& mark, const std::string& tag, Level level) {
    if (!tag.empty() && tag != "?") refuse(mark, "tags such as " + tag + " mean nothing here");
    if (levels_.size() == kDeepest) refuse(mark, "nested too deeply: more than 50 levels");
    level.pointer = begin(mark);
    level.start = document_.json.size();
    document_.json += level.is_map ? '{' : '[';
    levels_.push_back(std::move(level));
  }

  void close() {
    document_.json += levels_.back().is_map ? '}' : ']';
    keep(levels_.back().anchor, levels_.back().start);
    levels_.pop_back();
  }

  void keep(YAML::anchor_t anchor, std::size_t start) {
    if (anchor != 0) written_[anchor] = {start, document_.json.size()};
  }

  YamlDocument& document_;
  int documents_ = 0;
  std::vector<Level> levels_;
  std::map<YAML::anchor_t, std::pair<std::size_t, std::size_t>>
      written_;  ///< where the JSON of each anchor stands
};

/// Where the first byte is that is no UTF-8; npos if all is well.
std::size_t find_bad_byte(std::string_view text) {
  constexpr std::string_view kReplacement = "\uFFFD";
  const std::string valid = to_valid_utf8(text);  // the same up to there
  std::size_t bad = valid.find(kReplacement);
  while (bad < text.size() && text.substr(bad).starts_with(kReplacement))
    bad = valid.find(kReplacement, bad + 1);
  return bad;
}

/// YAML is text: UTF-8, and no control characters but line ends and tabs.
void check_text(std::string_view text, const std::string& file) {
  const auto is_control = [](char c) {
    return static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\r' && c != '\t';
  };
  const auto control = std::find_if(text.begin(), text.end(), is_control);
  const std::size_t bad = std::min(find_bad_byte(text), static_cast<std::size_t>(control - text.begin()));
  if (bad < text.size())
    throw Error(Exit::Usage, line_of(file, position_of(text, bad), "this is not UTF-8 text"));
}

}  // namespace

void YamlDocument::refuse(const std::vector<Problem>& problems) const {
  std::vector<std::pair<Position, std::string>> found;
  for (const Problem& problem : problems) {
    std::string_view pointer = problem.pointer;
    auto place = positions.find(pointer);
    while (place == positions.end() && !pointer.empty()) {
      pointer = pointer.substr(0, pointer.rfind('/'));
      place = positions.find(pointer);
    }
    found.emplace_back(place == positions.end() ? Position{} : place->second, problem.message);
  }
  if (found.empty()) return;
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::string lines;
  for (const auto& [at, message] : found)
    lines.append(lines.empty() ? "" : "\n").append(line_of(file, at, message));
  throw Error(Exit::Usage, lines);
}

YamlDocument parse_yaml(std::string_view text, const std::string& file) {
  check_text(text, file);
  YamlDocument document{.file = file, .json = {}, .positions = {}};
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    JsonWriter writer(document);
    // Never more than twice: on some bad files yaml-cpp finds empty documents for ever.
    if (parser.HandleNextDocument(writer)) parser.HandleNextDocument(writer);
  } catch (const YAML::DeepRecursion& problem) {
    throw Error(Exit::Usage, line_of(file, position_of(problem.mark), "nested too deeply"));
  } catch (const YAML::Exception& problem) {
    const Position at = position_of(problem.mark);
    throw Error(Exit::Usage,
                line_of(file, at, "YAML: " + (is_tabbed(text, at.line) ? std::string(kTab) : problem.msg)));
  }
  if (document.json.empty()) document.json = "null";
  return document;
}

std::string read_text_file(const std::filesystem::path& path) {
  std::error_code failure;
  if (std::filesystem::is_directory(path, failure))
    throw Error(Exit::Usage, path.string() + " is a folder, not a file");
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string text;
  std::array<char, 16384> piece{};
  while (text.size() <= kLongestFile && file.read(piece.data(), piece.size()).gcount() > 0)
    text.append(piece.data(), static_cast<std::size_t>(file.gcount()));
  if (!file.is_open() || file.bad())
    throw Error(Exit::Usage, "cannot read " + path.string() + ": " + std::strerror(errno ? errno : EIO));
  if (text.size() > kLongestFile) throw Error(Exit::Usage, path.string() + " is larger than 1 MB");
  return text;
}

}  // namespace agentd
