#include "tools/call_output.h"

#include <sys/stat.h>

#include "core/error.h"
#include "core/text.h"
#include "tests/support/catch.h"
#include "tests/support/temp_folder.h"

namespace agentd {
namespace {

namespace fs = std::filesystem;

const Secrets kNone;
constexpr std::string_view kMark = "[{{total}} {{call}}]";

ToolResult collect(const TempFolder& folder, const std::vector<std::string>& pieces,
                   const Secrets& secrets = kNone) {
  CallOutput output({3, 1}, folder / "outputs", secrets);
  for (const std::string& piece : pieces) output.write(piece);
  return output.finish(Outcome::Ok, kMark);
}

TEST_CASE("a short output is all text, valid, without its last line end, and no file", "[output]") {
  const TempFolder folder;
  CHECK(collect(folder, {}) == ToolResult{Outcome::Ok, "", ""});
  CHECK(collect(folder, {"a\n", "b\n\n"}) == ToolResult{Outcome::Ok, "a\nb\n", ""});
  CHECK(collect(folder, {"caf\xc3", "\xa9 \xff"}) == ToolResult{Outcome::Ok, "café \xef\xbf\xbd", ""});
  const std::string most(16 * 1024, 'x');
  CHECK(collect(folder, {most}) == ToolResult{Outcome::Ok, most, ""});
  CHECK_FALSE(fs::exists(folder / "outputs"));
}

TEST_CASE("a longer output is cut in the text and whole in a file, however it comes", "[output]") {
  for (const std::size_t size : {16'385U, 32'768U, 32'769U, 70'000U, 200'000U}) {
    std::string whole;
    for (std::size_t i = 0; whole.size() < size; ++i) whole += std::to_string(i) + " ";
    whole.resize(size);
    const std::string mark = "[" + std::to_string(size) + " 3.1]";
    const ToolResult expected{Outcome::Ok, cut_middle(whole, 16 * 1024, mark), "outputs/3.1.txt"};
    for (const std::size_t piece : {size, std::size_t{1000}, std::size_t{65'536}}) {
      INFO(size << " in pieces of " << piece);
      const TempFolder folder;
      std::vector<std::string> pieces;
      for (std::size_t at = 0; at < size; at += piece) pieces.push_back(whole.substr(at, piece));
      CHECK(collect(folder, pieces) == expected);
      CHECK(folder.read("outputs/3.1.txt") == whole);
      CHECK(collect(folder, pieces) == expected);  // another attempt
      struct stat file = {};
      stat((folder / "outputs/3.1.txt").c_str(), &file);
      CHECK((file.st_mode & 0777) == 0600);
    }
  }
}

TEST_CASE("an output that grows too long only by being cleaned is stored as it was", "[output]") {
  const TempFolder folder;
  const std::string bytes(10'000, '\xff');
  const ToolResult result = collect(folder, {bytes});
  CHECK(result.text.size() <= 16 * 1024);
  CHECK(to_valid_utf8(result.text) == result.text);
  CHECK(folder.read("outputs/3.1.txt") == bytes);
}

TEST_CASE("a file of outputs ends at 64 MiB and says so; the text has the real end", "[output]") {
  const TempFolder folder;
  CallOutput output({3, 1}, folder / "outputs", kNone);
  const std::string mega(1024 * 1024, 'x');
  for (int i = 0; i < 70; ++i) output.write(mega);
  output.write("the end");
  const ToolResult result = output.finish(Outcome::Ok, kMark);
  CHECK(result.text.ends_with("xxthe end"));
  const std::string stored = folder.read("outputs/3.1.txt");
  const std::string note = "\n[not stored further: the output was longer than 67108864 bytes]\n";
  CHECK(stored.size() == 64 * mega.size() + note.size());
  CHECK(stored.ends_with("xx" + note));
}

TEST_CASE("an output that is not finished leaves no file", "[output]") {
  const TempFolder folder;
  {
    CallOutput output({3, 1}, folder / "outputs", kNone);
    output.write(std::string(100'000, 'x'));
  }
  CHECK(fs::is_empty(folder / "outputs"));
}

TEST_CASE("an output that cannot be stored is an error of the storage", "[output]") {
  const TempFolder folder;
  folder.write("outputs", "in the way");
  const std::string path = folder / "outputs/3.1.txt";
  CHECK_THROWS_WITH(collect(folder, {std::string(100'000, 'x')}),
                    "cannot store the output of call 3.1 in " + path +
                        ": Not a directory; the run can go on once that is mended");
  CallOutput full({3, 1}, "/dev/full", kNone);
  CHECK_THROWS_AS(full.write(std::string(100'000, 'x')), Error);
}

TEST_CASE("secrets are masked in the file of an output too", "[output]") {
  const TempFolder folder;
  const std::string half(40'000, 'x');
  collect(folder, {half + "ses", "ame" + half}, Secrets({"sesame"}));
  CHECK(folder.read("outputs/3.1.txt") == half + "[secret]" + half);
}

}  // namespace
}  // namespace agentd
