#pragma once

#include <type_traits>

#include "core/event.h"

namespace agentd {

// One list of fields per kind serves both ways, writing and reading. `need` is always there; `may` is left
// out when it is empty, and an older journal may not have it.

template <class Io, class T>
using Ref = std::conditional_t<Io::kWrites, const T&, T&>;

template <class Io>
void fields(Io& io, Ref<Io, RunStarted> e) {
  io.need("run", e.run);
  io.need("task", e.task);
  io.may("inputs", e.inputs);
  io.need("goal", e.goal);
  io.may("system", e.system);
  io.need("tools", e.tools);
  io.may("text_protocol", e.text_protocol);
  io.may("agentd", e.agentd);
  io.may("parent", e.parent);
  io.may("parent_key", e.parent_key);
}

template <class Io>
void fields(Io& io, Ref<Io, InvocationStarted> e) {
  io.may("host", e.host);
  io.may("pid", e.pid);
  io.may("agentd", e.agentd);
}

template <class Io>
void fields(Io& io, Ref<Io, ModelReplied> e) {
  io.need("text", e.text);
  io.need("calls", e.calls);
  io.may("usage", e.usage);
  io.need("cost_usd", e.cost_usd);
  io.may("provider", e.provider);
  io.may("model", e.model);
  io.may("provider_content", e.provider_content);
  io.need("duration_ms", e.duration_ms);
  io.may("unfinished", e.unfinished);
  io.may("fallback", e.fallback);
  io.may("cached", e.cached);
  io.may("rejected", e.rejected);
  io.may("complaint", e.complaint);
}

template <class Io>
void fields(Io& io, Ref<Io, ModelFailed> e) {
  io.need("reason", e.reason);
  io.may("message", e.message);
  io.may("retryable", e.retryable);
  io.may("retry_after_ms", e.retry_after_ms);
  io.may("usage", e.usage);
  io.need("cost_usd", e.cost_usd);
  io.may("fallback", e.fallback);
}

template <class Io>
void fields(Io& io, Ref<Io, ToolStarted> e) {
  io.need("call", e.call);
  io.may("tool", e.tool);
}

template <class Io>
void fields(Io& io, Ref<Io, ToolFinished> e) {
  io.need("call", e.call);
  io.need("outcome", e.result.outcome);
  io.need("text", e.result.text);
  io.may("output_path", e.result.output_path);
  io.need("duration_ms", e.duration_ms);
  io.may("spent", e.spent);
}

template <class Io>
void fields(Io& io, Ref<Io, ApprovalRequested> e) {
  io.need("call", e.call);
  io.need("tool", e.tool);
}

template <class Io>
void fields(Io& io, Ref<Io, ApprovalGiven> e) {
  io.need("call", e.call);
  io.need("approved", e.approved);
  io.may("why", e.why);
  io.may("letter", e.letter);
}

template <class Io>
void fields(Io& io, Ref<Io, QuestionAsked> e) {
  io.need("call", e.call);
  io.need("question", e.question);
}

template <class Io>
void fields(Io& io, Ref<Io, TimerSet> e) {
  io.need("call", e.call);
  io.need("until_ms", e.until_ms);
}

template <class Io>
void fields(Io& io, Ref<Io, UserSaid> e) {
  io.need("text", e.text);
  io.may("letter", e.letter);
}

template <class Io>
void fields(Io& io, Ref<Io, TaskUpdated> e) {
  io.need("task", e.task);
  io.may("inputs", e.inputs);
  io.may("goal", e.goal);
  io.need("tools", e.tools);
  io.may("text_protocol", e.text_protocol);
  io.may("note", e.note);
}

template <class Io>
void fields(Io& io, Ref<Io, Recalled> e) {
  io.need("text", e.text);
  io.need("notes", e.notes);
  io.may("name", e.name);
  io.may("spent", e.spent);
}

template <class Io>
void fields(Io& io, Ref<Io, Compacted> e) {
  io.need("messages", e.messages);
  io.may("cleared", e.cleared);
  io.may("kept", e.kept);
  io.may("summary", e.summary);
  io.may("said", e.said);
  io.may("usage", e.usage);
  io.need("cost_usd", e.cost_usd);
  io.may("model", e.model);
  io.may("duration_ms", e.duration_ms);
  io.may("fallback", e.fallback);
}

template <class Io>
void fields(Io& io, Ref<Io, Suspended> e) {
  io.need("reason", e.reason);
  io.may("resume_at_ms", e.resume_at_ms);
  io.may("message", e.message);
  io.may("child", e.child);
}

template <class Io>
void fields(Io& io, Ref<Io, Completed> e) {
  io.need("result", e.result);
}

template <class Io>
void fields(Io& io, Ref<Io, Failed> e) {
  io.need("reason", e.reason);
  io.may("message", e.message);
  io.may("can_resume", e.can_resume);
}

template <class Io>
void fields(Io& io, Ref<Io, Cancelled> e) {
  io.may("letter", e.letter);
}

template <class Io>
void fields(Io& io, Ref<Io, LimitReached> e) {
  io.need("limit", e.limit);
  io.may("message", e.message);
}

}  // namespace agentd
