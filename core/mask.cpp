#include "core/mask.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "core/secret_filter.h"
#include "core/task_json.h"

namespace agentd {
namespace {

/// What a text says once escapes are resolved, and where in it each character began.
struct Reading {
  std::string text;
  std::vector<std::size_t> begins;  ///< one more than characters: the last is the end; empty: as they are
  std::size_t begin(std::size_t at) const { return begins.empty() ? at : begins[at]; }
};

struct Escape {
  std::size_t length = 0;  ///< 0: it is none
  unsigned int code = 0;
};

unsigned int hex_number(std::string_view digits, std::size_t count) {
  unsigned int number = 0;
  const char* end = digits.data() + count;
  if (digits.size() < count || std::from_chars(digits.data(), end, number, 16).ptr != end) return 0;
  return number;
}

/// \n, \u0073 or %73. Characters beyond U+FFFF stay as they are.
Escape escape_at(std::string_view text) {
  constexpr std::string_view kEscapes = "\"\\/bfnrt", kMeanings = "\"\\/\b\f\n\r\t";
  if (text.size() < 2) return {};
  if (text[0] == '%') {
    const unsigned int byte = hex_number(text.substr(1), 2);
    return byte == 0 ? Escape{} : Escape{3, byte};
  }
  if (text[1] == 'u') {
    const unsigned int code = hex_number(text.substr(2), 4);
    return code == 0 || (code >= 0xD800 && code < 0xE000) ? Escape{} : Escape{6, code};
  }
  const std::size_t at = kEscapes.find(text[1]);
  return at == std::string_view::npos ? Escape{} : Escape{2, static_cast<unsigned char>(kMeanings[at])};
}

/// As UTF-8, but for what %XX stands for: a byte.
std::string character(const Escape& escape) {
  const auto byte = [](unsigned int value) { return static_cast<char>(value); };
  const unsigned int code = escape.code;
  if (code < 0x80 || escape.length == 3) return {byte(code)};
  if (code < 0x800) return {byte(0xC0 | code >> 6), byte(0x80 | (code & 63))};
  return {byte(0xE0 | code >> 12), byte(0x80 | (code >> 6 & 63)), byte(0x80 | (code & 63))};
}

Reading resolved(const Reading& reading) {
  Reading next;
  const std::string_view text = reading.text;
  for (std::size_t at = 0; at < text.size();) {
    const bool may_be = text[at] == '\\' || text[at] == '%';
    const Escape escape = may_be ? escape_at(text.substr(at)) : Escape{};
    const std::string written = escape.length == 0 ? std::string(1, text[at]) : character(escape);
    next.text += written;
    next.begins.insert(next.begins.end(), written.size(), reading.begin(at));
    at += std::max<std::size_t>(1, escape.length);
  }
  next.begins.push_back(reading.begin(text.size()));
  return next;
}

struct Range {
  std::size_t begin;
  std::size_t end;
  auto operator<=>(const Range&) const = default;
};

void find_secrets(const Reading& reading, const SecretForms& forms, std::vector<Range>& found) {
  Unbroken unbroken;
  unbroken.append(reading.text);
  const std::string& text = unbroken.text();
  for (auto match = forms.find(text, 0); match.end > 0; match = forms.find(text, match.begin + 1))
    found.push_back(
        {reading.begin(unbroken.original(match.begin)), reading.begin(unbroken.original(match.end - 1) + 1)});
}

bool has_escapes(std::string_view text) {
  return text.find_first_of("\\%") != std::string_view::npos;
}

/// Of all layers of escapes.
std::vector<Range> secrets_in(std::string_view text, const SecretForms& forms) {
  constexpr int kMostLayers = 4;  // a text in JSON in a text in JSON
  std::vector<Range> found;
  Reading reading{std::string(text), {}};
  find_secrets(reading, forms, found);
  for (int layer = 0; layer < kMostLayers && has_escapes(reading.text); ++layer) {
    reading = resolved(reading);
    find_secrets(reading, forms, found);
  }
  std::sort(found.begin(), found.end());
  return found;
}

template <class... Texts>
void mask_all(const Secrets& secrets, Texts&... texts) {
  ((texts = mask(texts, secrets)), ...);
}

struct MaskTexts {
  const Secrets& secrets;

  void operator()(RunStarted& start) const {
    mask(start.task, secrets);
    mask(start.inputs, secrets);
    mask_all(secrets, start.goal, start.system, start.text_protocol);
    mask(start.tools, secrets);
  }
  void operator()(InvocationStarted&) const {}
  void operator()(ModelReplied& reply) const { mask(reply, secrets); }
  void operator()(ModelFailed& failed) const { mask(failed, secrets); }
  void operator()(ToolStarted&) const {}
  void operator()(ToolFinished& finished) const { mask_all(secrets, finished.result.text); }
  void operator()(ApprovalRequested&) const {}
  void operator()(ApprovalGiven& given) const { mask_all(secrets, given.why); }
  void operator()(QuestionAsked& asked) const { mask_all(secrets, asked.question); }
  void operator()(TimerSet&) const {}
  void operator()(UserSaid& said) const { mask_all(secrets, said.text); }
  void operator()(TaskUpdated& update) const {
    mask(update.task, secrets);
    mask(update.inputs, secrets);
    mask_all(secrets, update.goal, update.note, update.text_protocol);
    mask(update.tools, secrets);
  }
  void operator()(Recalled& recalled) const { mask_all(secrets, recalled.text); }
  void operator()(Compacted& compacted) const { mask_all(secrets, compacted.summary, compacted.said); }
  void operator()(Suspended& suspended) const { mask_all(secrets, suspended.message); }
  void operator()(Completed& completed) const { mask_all(secrets, completed.result); }
  void operator()(Failed& failed) const { mask_all(secrets, failed.message); }
  void operator()(Cancelled&) const {}
  void operator()(LimitReached& limit) const { mask_all(secrets, limit.message); }
};

}  // namespace

std::string mask(std::string_view text, const Secrets& secrets) {
  if (secrets.forms().empty()) return std::string(text);
  std::string masked;
  std::size_t done = 0;
  for (const Range& range : secrets_in(text, secrets.forms())) {
    if (range.begin >= done) masked.append(text.substr(done, range.begin - done)).append(kSecretMask);
    done = std::max(done, range.end);
  }
  return masked.append(text.substr(done));
}

void mask(Event& event, const Secrets& secrets) {
  if (!secrets.forms().empty()) std::visit(MaskTexts{secrets}, event);
}

void mask(ModelReplied& reply, const Secrets& secrets) {
  mask_all(secrets, reply.text, reply.complaint);
  for (ToolCall& call : reply.calls) mask_all(secrets, call.name, call.provider_id, call.arguments);
  // Masked content would not be the provider's own any more: then text and calls must do.
  if (mask(reply.provider_content, secrets) != reply.provider_content) reply.provider_content.clear();
}

void mask(ModelFailed& failed, const Secrets& secrets) {
  mask_all(secrets, failed.message);
}

void mask(std::vector<ToolSpec>& tools, const Secrets& secrets) {
  for (ToolSpec& tool : tools) mask_all(secrets, tool.description, tool.parameters);
}

void mask(Task& task, const Secrets& secrets) {
  mask_all(secrets, task.goal, task.instructions, task.model.script);
  for (ToolSetup& tool : task.tools) {
    mask_all(secrets, tool.description, tool.parameters);
    if (tool.kind != "agent" || mask(tool.task, secrets) == tool.task) continue;
    Task child = child_task(tool);
    mask(child, secrets);
    tool.task = task_to_json(child);
  }
  for (InputSetup& input : task.inputs) {
    mask_all(secrets, input.description);
    if (input.default_value) mask_all(secrets, *input.default_value);
  }
}

void mask(Inputs& inputs, const Secrets& secrets) {
  for (auto& [name, value] : inputs) value = mask(value, secrets);
}

}  // namespace agentd
