#pragma once

namespace agentd {

/// Closes this process's memory and first environment, where keys are, to whoever reads /proc, children of
/// the same user and of root included. What getenv finds stays. To be called once, before there are threads.
void hide_from_proc();

}  // namespace agentd
