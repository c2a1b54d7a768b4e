#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/message.h"

namespace agentd {

struct TextToEmbed {
  enum class As { Query, Note };
  std::string text;
  As as = As::Note;
};

/// The server will not take these texts, however often it is asked.
struct EmbeddingRefused : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Turns texts into vectors: the nearer, the nearer in meaning.
class Embedder {
 public:
  virtual ~Embedder() = default;
  /// Vectors of different spaces cannot be compared.
  virtual std::string space() const = 0;
  /// How many texts a call may have.
  virtual std::size_t most() const = 0;
  /// A vector for each text, all of one length. Throws EmbeddingRefused, or another std::runtime_error, with
  /// what went wrong.
  virtual std::vector<std::vector<float>> embed(std::span<const TextToEmbed> texts, const Stop& stop) = 0;
  /// What it has cost since this was asked last; none: nothing was embedded.
  virtual std::optional<Spent> take_spent() { return std::nullopt; }
};

}  // namespace agentd
