#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/http.h"

namespace agentd {

/// Takes secrets out of what a server sent, also where JSON escapes write them in another way: `\u0073k-…`,
/// or a quote inside a quoted text.
std::string mask_reply(std::string text, const std::vector<std::string>& secrets);

/// Hands a response on; of a refusal the body as a whole, masked: messages are cut, and half a key would not
/// be known for one.
class MaskedRefusals : public HttpSink {
 public:
  using Mask = std::function<std::string(std::string)>;
  MaskedRefusals(HttpSink& sink, Mask mask) : sink_(sink), mask_(std::move(mask)) {}

  void head(int status, const HttpHeaders& headers) override;
  void body(std::string_view bytes) override;
  /// The response is over.
  void end();
  bool has_succeeded() const { return status_ >= 200 && status_ < 300; }

 private:
  HttpSink& sink_;
  Mask mask_;
  int status_ = 0;
  std::string refusal_;
};

}  // namespace agentd
