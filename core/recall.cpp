#include "core/recall.h"

#include <algorithm>

#include "core/sentences.h"
#include "core/text.h"
#include "prompts.h"

namespace agentd {

namespace {

constexpr std::size_t kMostBytes = 6000;  // about 1,500 tokens
constexpr std::size_t kMostOfOne = 2000;

void add(std::vector<Note>& all, std::vector<Note> more, std::size_t most) {
  for (Note& note : more) {
    const bool is_there =
        std::any_of(all.begin(), all.end(), [&](const Note& other) { return other.id == note.id; });
    if (!is_there && all.size() < most) all.push_back(std::move(note));
  }
}

}  // namespace

std::optional<Recalled> recall(Notes& notes, const MemorySetup& setup, const std::string& goal) {
  const auto most = static_cast<std::size_t>(setup.recall);
  if (most == 0) return std::nullopt;
  std::vector<Note> found;
  add(found, notes.find({.importance = kAlwaysRecalled, .most = most}), most);
  if (found.size() < most) add(found, notes.find({.words = goal, .most = most}), most);
  Recalled recalled{.name = setup.name};
  std::string text;
  for (const Note& note : found) {
    const std::string line = cut_middle(note_text(note), kMostOfOne, "[…]");
    if (text.size() + line.size() > kMostBytes) continue;
    text.append(text.empty() ? "" : "\n").append(line);
    recalled.notes.push_back(note.id);
  }
  if (recalled.notes.empty()) return std::nullopt;
  recalled.spent = notes.take_spent();
  recalled.text = trimmed(fill(prompts::recalled, {{"notes", text}}));
  return recalled;
}

}  // namespace agentd
