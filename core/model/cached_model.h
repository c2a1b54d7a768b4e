#pragma once

#include <memory>

#include "core/clock.h"
#include "core/model.h"
#include "core/model/codec.h"
#include "core/reply_cache.h"

namespace agentd {

/// Answers a request that was sent before from the cache, for as long as the setup says. The key is all that
/// is sent but who asks: not the run, not the key of the account.
std::unique_ptr<Model> make_cached_model(std::unique_ptr<Model> model, Codec codec, std::string base_url,
                                         ReplyCache& cache, Clock& clock);

}  // namespace agentd
