#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/http.h"
#include "core/model.h"
#include "core/model/codec.h"
#include "core/model/prices.h"

namespace agentd {

/// A provider that is reached over HTTP: everything that does not depend on its wire format.
struct Provider {
  std::unique_ptr<Codec> codec;
  Endpoint endpoint;
  std::string key_variable;          ///< where the key came from, for messages
  std::optional<Price> price;        ///< none: unknown
  std::vector<std::string> secrets;  ///< masked in messages: a server may repeat what it was sent
};

class HttpModel : public Model {
 public:
  HttpModel(Provider provider, HttpTransport& http, Clock& clock);
  /// Bounded in time by the setup and by `stop`, which the transport watches.
  ModelResult ask(const ModelRequest& request, const Stop& stop) override;

 private:
  void explain(ModelFailed& failed, const ModelSetup& setup) const;
  std::optional<double> cost(const Usage& usage) const;

  Provider provider_;
  HttpTransport& http_;
  Clock& clock_;
};

}  // namespace agentd
