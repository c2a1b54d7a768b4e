// How well notes are found: known-item search. Reads lines of QUESTION, tab, NOTE; saves all notes in one
// namespace; asks each question and looks for its note among the first five.
//
//   quality NAME FLOOR <PAIRS        fails where fewer than FLOOR of the questions find theirs

#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "core/os/system_clock.h"
#include "core/store/sqlite_notes.h"
#include "tests/support/fake_stop.h"
#include "tests/support/temp_folder.h"

using namespace agentd;

namespace {

struct Pair {
  std::string question;
  std::int64_t note = 0;
};

std::vector<Pair> save_all(Notes& notes) {
  std::vector<Pair> pairs;
  for (std::string line; std::getline(std::cin, line);) {
    const std::size_t tab = line.find('\t');
    if (tab == std::string::npos) continue;
    const Note note = notes.save({.text = line.substr(tab + 1)}, "");
    pairs.push_back({line.substr(0, tab), note.id});
  }
  return pairs;
}

/// 1 for the first place; 0: not among the first five.
int place_of(Notes& notes, const Pair& pair) {
  const std::vector<Note> found = notes.find({.words = pair.question, .most = 5});
  for (std::size_t i = 0; i < found.size(); ++i)
    if (found[i].id == pair.note) return static_cast<int>(i) + 1;
  return 0;
}

}  // namespace

int main(int count, char** words) {
  if (count != 3) return 2;
  const double floor = std::atof(words[2]);
  const TempFolder folder;
  SystemClock clock;
  const FakeStop stop;
  const auto notes = make_sqlite_notes(MemoryDir::create(folder / "memory"), "quality", clock, stop);
  std::vector<Pair> pairs;
  int found = 0;
  double reciprocal = 0;
  notes->together([&] { pairs = save_all(*notes); });
  notes->together([&] {
    for (const Pair& pair : pairs)
      if (const int place = place_of(*notes, pair); place > 0) {
        ++found;
        reciprocal += 1.0 / place;
      }
  });
  const auto asked = static_cast<double>(std::max<std::size_t>(1, pairs.size()));
  const double recall = found / asked;
  std::printf("%-12s %6zu notes: R@5 %.3f (at least %.2f), MRR %.3f\n", words[1], pairs.size(), recall, floor,
              reciprocal / asked);
  return recall >= floor ? 0 : 1;
}
