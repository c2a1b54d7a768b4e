#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/clock.h"
#include "core/http.h"
#include "core/model.h"
#include "core/model/codec.h"
#include "core/model/prices.h"
#include "core/secrets.h"

namespace agentd {

/// Completes a request before it is sent, with keys that may have to be fetched first.
class Signer {
 public:
  virtual ~Signer() = default;
  /// A result ends the attempt: nothing is sent.
  virtual std::optional<ModelResult> sign(HttpRequest& request, const Stop& stop) = 0;
  /// Whose keys they are, and what they must be good for: "signed with …", for messages.
  virtual std::string describe() const = 0;
};

/// A provider that is reached over HTTP: everything that does not depend on its wire format.
struct Provider {
  Codec codec;
  Endpoint endpoint;
  std::string key_variable;    ///< where the key came from, for messages
  std::optional<Price> price;  ///< none: unknown
  const Secrets& secrets;      ///< masked in all that its server says, which may repeat what it was sent
  std::unique_ptr<Signer> signer = {};  ///< null: the key says it all
  std::string url_setting = {};  ///< what chose the server, for messages; empty: it is the provider's own
};

class HttpModel : public Model {
 public:
  HttpModel(Provider provider, HttpTransport& http, Clock& clock);
  /// Bounded in time by the setup and by `stop`, which the transport watches.
  ModelResult ask(const ModelRequest& request, const Stop& stop) override;

 private:
  void explain(ModelFailed& failed, const ModelSetup& setup) const;
  void explain_connection(ModelResult& result) const;
  std::optional<double> cost(const Usage& usage) const;

  Provider provider_;
  HttpTransport& http_;
  Clock& clock_;
};

}  // namespace agentd
