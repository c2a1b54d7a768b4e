#pragma once

#include <memory>

#include "core/model.h"

namespace agentd {

/// Holds answers to the request's answer_schema, whatever the provider promised: what fits is kept as bare
/// JSON, what does not is rejected with a complaint.
std::unique_ptr<Model> make_checked_model(std::unique_ptr<Model> model);

}  // namespace agentd
