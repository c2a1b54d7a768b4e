#pragma once

#include <string>
#include <string_view>

#include "core/event.h"
#include "core/secrets.h"

namespace agentd {

/// With "[secret]" in the place of every secret, also where escapes of JSON or URLs, up to four layers of
/// them, write it in a way of their own. Masking twice is masking once.
std::string mask(std::string_view text, const Secrets& secrets);

/// Masks what a model, a server, a program or a person wrote. Names and ids stay, which the run is held
/// together by.
void mask(Event& event, const Secrets& secrets);
void mask(ModelReplied& reply, const Secrets& secrets);
void mask(ModelFailed& failed, const Secrets& secrets);
void mask(std::vector<ToolSpec>& tools, const Secrets& secrets);

/// Masks what the model is told by it. Settings stay as the task has them: they write ${VAR}.
void mask(Task& task, const Secrets& secrets);
void mask(Inputs& inputs, const Secrets& secrets);

}  // namespace agentd
