#pragma once

#include <functional>
#include <memory>
#include <string>

#include "core/clock.h"
#include "core/embedder.h"
#include "core/notes.h"

namespace agentd {

/// The same notes, found by what they mean as well as by their words. A search first gives vectors to some
/// notes that have none: nothing else waits for the server. While that fails, notes are found by their words
/// alone, and `warn` is told.
std::unique_ptr<Notes> make_embedded_notes(std::unique_ptr<Notes> notes, std::unique_ptr<Embedder> embedder,
                                           Clock& clock, const Stop& stop,
                                           std::function<void(const std::string&)> warn);

}  // namespace agentd
