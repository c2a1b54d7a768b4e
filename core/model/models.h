#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/http.h"
#include "core/model.h"
#include "core/model/aws_profile.h"
#include "core/model/prices.h"
#include "core/reply_cache.h"
#include "core/secrets.h"
#include "core/variables.h"

namespace agentd {

struct Provider;

struct ModelWorld {
  HttpTransport& http;
  Clock& clock;
  Secrets& secrets;  ///< taught the keys; masked in all that servers say
  Environment environment;
  std::vector<Price> prices;  ///< searched before the built-in table
  ReadFile read_file = [](const std::string&) { return std::optional<std::string>(); };
  ReplyCache* replies = nullptr;  ///< null: every request is sent
};

/// The task's model with its fallbacks. Throws Error(Usage) for an unknown provider or a missing key, naming
/// the task key or variable to set.
std::unique_ptr<Model> make_model(const ModelSetup& setup, const Inputs& inputs, const ModelWorld& world);

/// How a provider with servers is reached: its address, and its key or signer. Throws as make_model does.
Provider provider_access(const ModelSetup& setup, const ModelWorld& world);

/// Another request than a model call to the same server: with the key where that has it and no body, and
/// `path` in its address in the place of `tail` and all behind it.
HttpRequest other_request(const ModelSetup& setup, const Provider& access, std::string_view tail,
                          std::string_view path);

/// What its tokens cost; none if that is unknown: a server of somebody else's has no price of the built-in
/// table.
std::optional<Price> price_of(const ModelSetup& setup, const ModelWorld& world);

/// The same for the task's own model and each of its fallbacks.
std::vector<std::optional<Price>> prices_of(const ModelSetup& setup, const ModelWorld& world);

/// The values that must never be recorded: every key in the environment that we know by name, and those of
/// the AWS profile where Bedrock may need them.
std::vector<std::string> model_secrets(const ModelSetup& setup, const Environment& environment,
                                       const ReadFile& read_file = {});

}  // namespace agentd
