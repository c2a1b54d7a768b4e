#pragma once

#include <memory>

#include "core/embedder.h"
#include "core/model/models.h"
#include "core/task.h"

namespace agentd {

/// None: it is not known.
std::optional<Price> price_of(const EmbeddingSetup& setup, const ModelWorld& world);

/// The embedding model of a task's memory. Throws as make_model does, at once, where a key is missing.
std::unique_ptr<Embedder> make_embedder(const EmbeddingSetup& setup, const ModelWorld& world);

}  // namespace agentd
