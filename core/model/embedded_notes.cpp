#include "core/model/embedded_notes.h"

#include <algorithm>
#include <cmath>
#include <mutex>
#include <stdexcept>
#include <utility>

namespace agentd {

namespace {

using As = TextToEmbed::As;

constexpr std::int64_t kPauseMs =
    60'000;                     // after a failure: a server that is down must not slow every search
constexpr int kFirstCalls = 8;  // for notes, at the first search of an invocation

class EmbeddedNotes final : public Notes {
 public:
  EmbeddedNotes(std::unique_ptr<Notes> notes, std::unique_ptr<Embedder> embedder, Clock& clock,
                const Stop& stop, std::function<void(const std::string&)> warn)
      : notes_(std::move(notes)),
        embedder_(std::move(embedder)),
        clock_(clock),
        stop_(stop),
        warn_(std::move(warn)) {}

  std::vector<Note> find(const NoteQuery& query) override {
    if (query.words.empty()) return notes_->find(query);
    const std::lock_guard lock(mutex_);
    NoteQuery wider = query;
    wider.near = near(query.words);
    return notes_->find(wider);
  }

  std::optional<Spent> take_spent() override {
    const std::lock_guard lock(mutex_);
    return embedder_->take_spent();
  }

  Note save(const Note& note, const std::string& key) override { return notes_->save(note, key); }
  std::optional<Note> saved(const std::string& key) override { return notes_->saved(key); }
  std::vector<Note> history(std::int64_t id) override { return notes_->history(id); }
  void together(const std::function<void()>& calls) override { notes_->together(calls); }
  std::vector<std::int64_t> forget(const std::vector<std::int64_t>& ids, const std::string& key) override {
    return notes_->forget(ids, key);
  }
  std::vector<Note> without_vector(const std::string& space, std::size_t most) override {
    return notes_->without_vector(space, most);
  }
  void place(const std::string& space, const std::vector<NoteVector>& vectors) override {
    notes_->place(space, vectors);
  }

 private:
  /// None where the server has failed.
  std::optional<Nearness> near(const std::string& words) {
    if (failed_at_ms_ && clock_.monotonic_ms() - *failed_at_ms_ < kPauseMs) return std::nullopt;
    try {
      Nearness near{"", embed({{words, As::Query}}, 0).front()};
      near.space = embedder_->space() + ", length " + std::to_string(near.vector.size());
      for (int calls = std::exchange(calls_, 1); calls > 0 && give_vectors(near); --calls) {
      }
      return near;
    } catch (const EmbeddingRefused& error) {
      warn(error);
    } catch (const std::runtime_error& error) {
      failed_at_ms_ = clock_.monotonic_ms();
      warn(error);
    }
    return std::nullopt;
  }

  void warn(const std::exception& error) const {
    if (stop_.reason() == StopReason::None)
      warn_(std::string("notes are found by their words alone for now: ") + error.what());
  }

  /// `length`: that the vectors must have; 0: any.
  std::vector<std::vector<float>> embed(const std::vector<TextToEmbed>& texts, std::size_t length) {
    auto vectors = embedder_->embed(texts, stop_);
    if (vectors.size() != texts.size())
      throw std::runtime_error("the embedding model gave " + std::to_string(vectors.size()) +
                               " vectors for " + std::to_string(texts.size()) + " texts");
    for (const std::vector<float>& vector : vectors) {
      const bool is_finite =
          std::all_of(vector.begin(), vector.end(), [](float x) { return std::isfinite(x); });
      const bool is_zero = std::all_of(vector.begin(), vector.end(), [](float x) { return x == 0; });
      if (is_zero || !is_finite || (length > 0 && vector.size() != length))
        throw std::runtime_error(
            "the embedding model gave a vector that is none: of no or another length, or with "
            "numbers that are none");
    }
    return vectors;
  }

  /// To some notes that have none; false: all have theirs now.
  bool give_vectors(const Nearness& near) {
    const std::size_t most = goes_alone_ ? 1 : embedder_->most();
    const auto pending = notes_->without_vector(near.space, most);
    if (pending.empty()) return false;
    std::vector<TextToEmbed> texts;
    for (const Note& note : pending) texts.push_back({note.text.empty() ? note.path : note.text, As::Note});
    std::vector<NoteVector> placed;
    for (const Note& note : pending) placed.push_back({note.id, {}});
    try {
      auto vectors = embed(texts, near.vector.size());
      for (std::size_t i = 0; i < placed.size(); ++i) placed[i].vector = std::move(vectors[i]);
    } catch (const EmbeddingRefused&) {
      // The words of the search were taken, so a note is to blame: each goes alone until that one is left
      // out.
      goes_alone_ = pending.size() > 1;
      if (goes_alone_) return true;
    }
    notes_->place(near.space, placed);
    return pending.size() == most;
  }

  std::unique_ptr<Notes> notes_;
  std::unique_ptr<Embedder> embedder_;
  Clock& clock_;
  const Stop& stop_;
  std::function<void(const std::string&)> warn_;
  std::mutex mutex_;
  std::optional<std::int64_t> failed_at_ms_;
  int calls_ = kFirstCalls;  ///< that the next search may make for notes
  bool goes_alone_ = false;
};

}  // namespace

std::unique_ptr<Notes> make_embedded_notes(std::unique_ptr<Notes> notes, std::unique_ptr<Embedder> embedder,
                                           Clock& clock, const Stop& stop,
                                           std::function<void(const std::string&)> warn) {
  return std::make_unique<EmbeddedNotes>(std::move(notes), std::move(embedder), clock, stop, std::move(warn));
}

}  // namespace agentd
