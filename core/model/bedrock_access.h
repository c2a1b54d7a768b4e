#pragma once

#include <memory>
#include <set>
#include <string>

#include "core/model/http_model.h"
#include "core/model/models.h"

namespace agentd {

/// Bedrock in the region of the environment or the profile. Throws Error(Usage) if there is none.
std::string bedrock_url(const Environment& environment, const ReadFile& read_file);

/// Signs with AWS credentials. Throws Error(Usage), naming what to set, if there are none or no region.
std::unique_ptr<Signer> make_bedrock_signer(const ModelWorld& world);

/// The secret parts of the profile's keys, and the tokens that others are asked for with.
std::set<std::string> aws_file_secrets(const Environment& environment, const ReadFile& read_file);

}  // namespace agentd
