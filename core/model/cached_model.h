#pragma once

#include <memory>

#include "core/clock.h"
#include "core/model.h"
#include "core/model/codec.h"
#include "core/reply_cache.h"

namespace agentd {

/// Answers a request that was sent before from the cache, for as long as the setup says. The key is all that
/// is sent but the name of the run: what is encrypted for one account is of no use to another.
std::unique_ptr<Model> make_cached_model(std::unique_ptr<Model> model, Codec codec, Endpoint endpoint,
                                         ReplyCache& cache, Clock& clock);

}  // namespace agentd
