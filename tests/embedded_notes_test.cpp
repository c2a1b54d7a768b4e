#include "core/model/embedded_notes.h"

#include <limits>
#include <map>
#include <numeric>

#include "core/os/child_process.h"
#include "core/recall.h"
#include "core/store/sqlite_notes.h"
#include "core/text.h"
#include "core/vectors.h"
#include "tests/support/catch.h"
#include "tests/support/run_ground.h"
#include "tools/tools.h"

using namespace agentd;

namespace fs = std::filesystem;

namespace {

/// Knows which words mean the same.
class Meanings final : public Embedder {
 public:
  std::string name = "first";
  std::size_t most_texts = 3;
  std::string poison = "poison";
  bool is_down = false;
  std::size_t length = 8;
  std::vector<std::size_t> calls;  ///< how many texts each had
  std::optional<Spent> spent;
  std::optional<std::vector<float>> bad_for_notes;

  std::string space() const override { return name; }
  std::size_t most() const override { return most_texts; }
  std::optional<Spent> take_spent() override { return std::exchange(spent, std::nullopt); }

  std::vector<std::vector<float>> embed(std::span<const TextToEmbed> texts, const Stop&) override {
    static const std::map<std::string, std::size_t> kMeanings{
        {"boat", 0}, {"ship", 0}, {"vessel", 0}, {"tea", 1}, {"mate", 1}, {"brew", 1}, {"pump", 2}};
    calls.push_back(texts.size());
    if (is_down) throw std::runtime_error("the server is down");
    if (!spent) spent.emplace();
    *spent->cost_usd += 0.25 * static_cast<double>(texts.size());
    std::vector<std::vector<float>> vectors;
    for (const TextToEmbed& text : texts) {
      if (!poison.empty() && text.text.find(poison) != std::string::npos) throw EmbeddingRefused("refused");
      if (bad_for_notes && text.as == TextToEmbed::As::Note) {
        vectors.push_back(*bad_for_notes);
        continue;
      }
      std::vector<float> vector(length, 0.01F);
      for (const auto& [word, meaning] : kMeanings)
        if (text.text.find(word) != std::string::npos) vector[meaning] += 1;
      vectors.push_back(std::move(vector));
    }
    return vectors;
  }
};

struct Ground {
  TempFolder temporary;
  MemoryDir memory = memory_at(temporary.path() / "memory");
  FakeClock clock;
  FakeStop stop;
  std::vector<std::string> warnings;
  Meanings* meanings = nullptr;
  std::unique_ptr<Notes> notes = make();

  std::unique_ptr<Notes> make(const std::string& space = "first") {
    auto embedder = std::make_unique<Meanings>();
    embedder->name = space;
    meanings = embedder.get();
    return make_embedded_notes(make_sqlite_notes(memory, "demo", clock, stop), std::move(embedder), clock,
                               stop, [&](const std::string& text) { warnings.push_back(text); });
  }
  std::int64_t save(const std::string& text, std::vector<std::string> tags = {}) {
    return notes->save({.text = text, .tags = std::move(tags)}, "").id;
  }
  std::vector<std::int64_t> find(const NoteQuery& query) {
    std::vector<std::int64_t> ids;
    for (const Note& note : notes->find(query)) ids.push_back(note.id);
    return ids;
  }
  std::string bytes() {
    std::string all;
    for (const char* end : {".db", ".db-wal"})
      all += text_of(memory.path() / "memory" / ("demo" + std::string(end)));
    return all;
  }
};

using Ids = std::vector<std::int64_t>;

}  // namespace

TEST_CASE("A note is found by what it means where it has none of the words", "[notes]") {
  Ground ground;
  ground.save("The ship sails on Monday.");
  ground.save("There is mate in the kitchen.");
  CHECK(ground.find({.words = "when does the boat leave", .most = 1}) == Ids{1});
  CHECK(ground.find({.words = "brew", .most = 1}) == Ids{2});
  CHECK(ground.find({.words = "kitchen", .most = 1}) == Ids{2});
  CHECK(ground.find({}) == Ids{2, 1});
  CHECK(ground.meanings->calls == std::vector<std::size_t>{1, 2, 1, 1});  // notes are asked for once
  CHECK(ground.warnings.empty());
}

TEST_CASE("Filters hold for what is near as well", "[notes]") {
  Ground ground;
  for (int i = 0; i < 300; ++i) ground.save("ship number " + std::to_string(i), {"fleet"});
  const auto old = ground.save("The vessel of the harbour master.", {"harbour"});
  ground.meanings->most_texts = 400;
  CHECK(ground.find({.words = "boat", .tags = {"harbour"}}) == Ids{old});
  const Note changed{.text = "The barge of the harbour master.", .tags = {"harbour"}, .supersedes = old};
  const auto now = ground.notes->save(changed, "").id;
  CHECK(ground.find({.words = "boat", .tags = {"harbour"}}) == Ids{now});  // near to nothing, and yet nearest
  ground.notes->forget({now});
  CHECK(ground.find({.words = "boat", .tags = {"harbour"}}).empty());
}

TEST_CASE("While the embedding model fails, notes are found by their words, and it is left in peace",
          "[notes]") {
  Ground ground;
  ground.save("The ship sails on Monday.");
  ground.meanings->is_down = true;
  CHECK(ground.find({.words = "ship"}) == Ids{1});
  CHECK(ground.find({.words = "boat"}).empty());
  CHECK(ground.meanings->calls.size() == 1);
  CHECK(ground.warnings ==
        std::vector<std::string>{"notes are found by their words alone for now: the server is down"});
  ground.meanings->is_down = false;
  ground.clock.now += 61'000;
  CHECK(ground.find({.words = "boat"}) == Ids{1});
}

TEST_CASE("One text that is refused keeps no other from its vector", "[notes]") {
  Ground ground;
  ground.save("tea");
  ground.save("poison in the vessel");
  ground.save("ship");
  ground.save("");
  for (int i = 0; i < 4; ++i) ground.find({.words = "brew"});
  CHECK(ground.find({.words = "boat"}).front() == 3);
  CHECK(ground.warnings.empty());
  const std::size_t calls = ground.meanings->calls.size();
  ground.find({.words = "boat"});
  CHECK(ground.meanings->calls.size() == calls + 1);
  CHECK(ground.find({.words = "poison"}).front() == 2);  // refused itself
  CHECK(ground.warnings.size() == 1);
}

TEST_CASE("Notes that have expired leave room for others that are near", "[notes]") {
  Ground ground;
  for (int i = 0; i < 300; ++i)
    ground.notes->save({.text = "ship " + std::to_string(i), .expires_ms = ground.clock.now_ms() + 1000}, "");
  ground.meanings->most_texts = 96;
  ground.find({.words = "boat"});
  const std::int64_t live = ground.save("vessel and pump");
  ground.clock.now += 5000;
  CHECK(ground.find({.words = "boat"}) == Ids{live});
}

TEST_CASE("Vectors that are none are not taken, and better ones later are", "[notes]") {
  Ground ground;
  const std::int64_t ship = ground.save("a ship");
  const float infinite = std::numeric_limits<float>::infinity();
  for (const std::vector<float>& bad : {std::vector<float>(8, 0), std::vector<float>(8, infinite),
                                        std::vector<float>(5, 1), std::vector<float>()}) {
    ground.meanings->bad_for_notes = bad;
    CHECK(ground.find({.words = "boat"}).empty());
    CHECK(ground.warnings.size() == 1);
    ground.warnings.clear();
    ground.clock.now += 70'000;
  }
  ground.meanings->bad_for_notes.reset();
  CHECK(ground.find({.words = "boat"}) == Ids{ship});
}

TEST_CASE("What a search has paid for is said with its result", "[notes]") {
  Ground ground;
  ground.save("a ship");
  const auto recalled = recall(*ground.notes, {.name = "demo", .recall = 5}, "a boat");
  REQUIRE(recalled);
  CHECK(recalled->spent == Spent{.cost_usd = 0.5});  // for the goal and for the note

  ChildProcess process;
  Secrets secrets;
  ToolContext context{ground.temporary.path(), ground.temporary.path(), process, ground.stop, {}, secrets};
  context.clock = &ground.clock;
  context.notes = ground.notes.get();
  const auto call = [&](const std::string& tool, const std::string& arguments) {
    return make_tool({.name = tool})->run({{3, 1}, tool, arguments, "key-1"}, context, [](std::string_view) {
    });
  };
  CHECK(call("memory_search", R"({"query":"vessel"})").spent == Spent{.cost_usd = 0.25});
  CHECK_FALSE(call("memory_search", "{}").spent);
  CHECK_FALSE(call("memory_get", R"({"id":1})").spent);
}

TEST_CASE("Another embedding model begins a space of its own, which fills as searches are made", "[notes]") {
  Ground ground;
  for (int i = 0; i < 100; ++i) ground.save((i % 2 == 0 ? "ship " : "tea ") + std::to_string(i));
  ground.find({.words = "boat"});
  CHECK(ground.meanings->calls.size() == 9);  // at first more than later
  for (int i = 0; i < 40; ++i) ground.find({.words = "boat"});
  CHECK(ground.meanings->calls.back() == 1);
  ground.notes = ground.make("second");
  ground.meanings->length = 5;
  ground.find({.words = "boat"});
  CHECK(ground.meanings->calls.size() == 9);
  CHECK(ground.find({.words = "vessel"}).size() == 10);
  ground.meanings->name = "first";
  ground.meanings->length = 8;
  ground.meanings->calls.clear();
  CHECK(ground.find({.words = "vessel"}).size() == 10);
  CHECK(ground.meanings->calls == std::vector<std::size_t>{1});  // both are kept
  ground.meanings->length = 9;
  for (int i = 0; i < 60; ++i) ground.find({.words = "boat"});
  CHECK(ground.find({.words = "vessel"}).size() == 10);
}

TEST_CASE("The vectors of a model that is no longer used are erased in time", "[notes]") {
  Ground ground;
  const auto texts_embedded = [&](const std::string& model) {
    ground.notes = ground.make(model);
    ground.find({.words = "boat"});
    const auto& calls = ground.meanings->calls;
    return std::accumulate(calls.begin(), calls.end(), std::size_t{0}) - 1;  // beside the words themselves
  };
  ground.save("ship");
  CHECK(texts_embedded("first") == 1);
  CHECK(texts_embedded("second") == 1);
  ground.save("tea");
  CHECK(texts_embedded("second") == 1);
  ground.notes->forget({});
  CHECK(texts_embedded("first") == 1);
  ground.save("pump");
  ground.clock.now += 91LL * 24 * 3'600'000;
  ground.notes->forget({});  // neither is known to be used more than the other
  CHECK(texts_embedded("second") == 1);
  ground.notes->forget({});
  CHECK(texts_embedded("second") == 0);
  CHECK(texts_embedded("first") == 3);
  CHECK(texts_embedded("first") == 0);
}

TEST_CASE("Nothing of a forgotten or replaced vector is left in the files", "[notes][plain]") {
  Ground ground;
  const std::vector<float> vector{0.11F, 0.72F, -0.33F, 0.94F, 0.55F, -0.66F, 0.77F, 0.18F};
  const std::string code = code_of(vector).substr(4);
  const auto hits = [&] {
    std::size_t count = 0;
    const std::string bytes = ground.bytes();
    for (std::size_t at = 0; (at = bytes.find(code, at)) != std::string::npos; ++at) ++count;
    return count;
  };
  for (int i = 0; i < 70; ++i) ground.save("note " + std::to_string(i));
  std::vector<NoteVector> vectors;
  for (int i = 1; i <= 70; ++i) vectors.push_back({i, i % 60 == 5 ? vector : std::vector<float>(8, 1.0F)});
  ground.notes->place("first", vectors);
  ground.notes->place("second", vectors);
  REQUIRE(hits() >= 4);
  ground.notes->save({.text = "another", .supersedes = 5}, "");
  ground.notes->forget({65});
  CHECK(hits() == 0);
}

TEST_CASE("A vector that comes when its note is gone or has no such length is not kept", "[notes]") {
  Ground ground;
  const auto one = ground.save("one"), two = ground.save("two"), three = ground.save("three");
  ground.notes->forget({two});
  ground.notes->place("s", {{one, {1, 0}}, {two, {1, 0}}, {three, {1, 0}}, {999, {1, 0}}});
  const NoteQuery near{.words = "zzz", .near = Nearness{"s", {1, 0}}};
  CHECK(ground.notes->find(near).empty() == false);
  CHECK(ground.find({.words = "zzz", .near = Nearness{"none", {1, 0}}}).empty() == false);
  const auto plain = make_sqlite_notes(ground.memory, "demo", ground.clock, ground.stop);
  CHECK(plain->find(near).size() == 2);
  CHECK(plain->find({.words = "zzz", .near = Nearness{"s", {1, 0, 0}}}).empty());
  CHECK(plain->find({.words = "zzz", .near = Nearness{"none", {1, 0}}}).empty());
  plain->place("s", {{one, {1, 0, 0}}});
  CHECK(plain->find(near).size() == 2);
}
