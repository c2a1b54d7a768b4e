#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>

#include "core/error.h"
#include "core/mask.h"
#include "core/text.h"
#include "tools/answers.h"
#include "tools/builtin.h"
#include "tools/memory_files.h"

// The tools of the long-term memory. A write is made under the key of its call: made again after a crash, it
// finds itself done, and says the same.

namespace agentd {
namespace {

using Json = nlohmann::json;
using Ids = std::vector<std::int64_t>;

constexpr std::string_view kSaveParameters = R"({"type":"object","properties":{
"text":{"type":"string","minLength":1},
"tags":{"type":"array","maxItems":20,"items":{"type":"string","minLength":1,"maxLength":100}},
"importance":{"type":"number","minimum":0,"maximum":1},
"expires":{"type":"string","description":"a duration such as 30d, or a time: 2026-11-22T13:00:00Z"}},
"required":["text"],"additionalProperties":false})";

constexpr std::string_view kUpdateParameters = R"({"type":"object","properties":{
"id":{"type":"integer","minimum":1,"maximum":9007199254740991},
"text":{"type":"string","minLength":1},
"tags":{"type":"array","maxItems":20,"items":{"type":"string","minLength":1,"maxLength":100}},
"importance":{"type":"number","minimum":0,"maximum":1},
"expires":{"type":"string","description":"a duration such as 30d, or a time: 2026-11-22T13:00:00Z"}},
"required":["id"],"additionalProperties":false})";

constexpr std::string_view kSearchParameters = R"({"type":"object","properties":{
"query":{"type":"string","description":"what the notes are about; left out: the newest"},
"tags":{"type":"array","items":{"type":"string"},"description":"notes that have all of them"},
"since":{"type":"string","description":"a duration such as 7d, or a time: 2026-11-22T13:00:00Z"},
"limit":{"type":"integer","minimum":1,"maximum":50}},
"required":[],"additionalProperties":false})";

constexpr std::string_view kGetParameters = R"({"type":"object","properties":{
"id":{"type":"integer","minimum":1,"maximum":9007199254740991}},"required":["id"],"additionalProperties":false})";

constexpr std::string_view kForgetParameters = R"({"type":"object","properties":{
"ids":{"type":"array","minItems":1,"items":{"type":"integer","minimum":1,"maximum":9007199254740991}}},
"required":["ids"],"additionalProperties":false})";

std::string name_of(std::int64_t id) {
  return std::to_string(id);
}

std::string listed(const std::vector<Note>& notes) {
  std::string text;
  for (const Note& note : notes) text.append(text.empty() ? "" : "\n").append(note_text(note));
  return text;
}

/// One call of a memory tool. What is wrong with it is thrown for the model to read.
class MemoryCall {
 public:
  MemoryCall(const ToolRun& run, const ToolContext& context)
      : run_(run), context_(context), arguments_(Json::parse(run.arguments, nullptr, false)) {}

  std::string save() const {
    const Note note = context_.notes->save(changed({}), run_.key);
    const bool is_ours = note.run == context_.run && note.step == run_.call.step;
    return fill(is_ours ? sentence("note_saved") : sentence("note_known"), {{"id", name_of(note.id)}});
  }

  std::string update() const {
    const auto id = arguments_.at("id").get<std::int64_t>();
    const auto history = context_.notes->history(id);
    if (history.empty()) return none(id);
    Note note = changed(history.front());
    note.supersedes = id;
    note.created_ms = 0;
    const Note saved = context_.notes->save(note, run_.key);
    return fill(sentence("note_updated"), {{"old", name_of(id)}, {"id", name_of(saved.id)}});
  }

  std::string search() const {
    NoteQuery query{.words = value<std::string>("query", ""),
                    .tags = value<std::vector<std::string>>("tags", {}),
                    .most = value<std::size_t>("limit", 10)};
    if (has("since")) query.since_ms = time("since", Ago);
    const auto notes = context_.notes->find(query);
    return notes.empty() ? std::string(sentence("notes_none")) : listed(notes);
  }

  std::string get() const {
    const auto id = arguments_.at("id").get<std::int64_t>();
    const auto history = context_.notes->history(id);
    if (history.empty()) return none(id);
    std::string text = note_text(history.front());
    if (history.front().superseded_by != 0)
      text += "\n" + fill(sentence("note_superseded"), {{"id", name_of(history.front().superseded_by)}});
    if (history.size() == 1) return text;
    return text + "\n" + std::string(sentence("note_before")) + "\n" +
           listed({history.begin() + 1, history.end()});
  }

  std::string forget() const {
    const Ids ids = arguments_.at("ids").get<Ids>();
    const Ids gone = context_.notes->forget(ids);
    std::string text;
    for (const std::int64_t id : ids) {
      const bool is_gone = std::find(gone.begin(), gone.end(), id) != gone.end();
      text.append(text.empty() ? "" : "\n");
      text += fill(is_gone ? sentence("note_forgotten") : sentence("note_none"), {{"id", name_of(id)}});
    }
    return text;
  }

 private:
  enum Direction { Ago, Ahead };

  [[noreturn]] static std::string none(std::int64_t id) {
    throw std::runtime_error(fill(sentence("note_none"), {{"id", name_of(id)}}));
  }

  bool has(const char* name) const {
    const auto found = arguments_.find(name);
    return found != arguments_.end() && !found->is_null();
  }

  template <class T>
  T value(const char* name, T otherwise) const {
    return has(name) ? arguments_.at(name).get<T>() : std::move(otherwise);
  }

  /// A time, or a duration from now.
  std::int64_t time(const char* name, Direction direction) const {
    const auto text = value<std::string>(name, "");
    if (const auto time = parse_time(text)) return *time;
    const auto duration = parse_duration(text);
    if (!duration) throw std::runtime_error(fill(sentence("note_time"), {{"text", text}}));
    const std::int64_t now = context_.clock->now_ms();
    return direction == Ago ? now - *duration : now + *duration;
  }

  /// As the call says it shall be, and by whom.
  Note changed(Note note) const {
    note.text = mask(value<std::string>("text", note.text), context_.secrets);
    note.tags = value<std::vector<std::string>>("tags", note.tags);
    note.importance = value<double>("importance", note.importance);
    if (has("expires")) note.expires_ms = time("expires", Ahead);
    if (note.expires_ms && *note.expires_ms <= context_.clock->now_ms())
      throw std::runtime_error(fill(sentence("note_past"), {{"time", format_time(*note.expires_ms)}}));
    note.run = context_.run;
    note.step = run_.call.step;
    note.task = context_.task;
    if (note.text.size() > kLongestNote)
      throw std::runtime_error(fill(sentence("note_long"), {{"limit", std::to_string(kLongestNote)}}));
    return note;
  }

  const ToolRun& run_;
  const ToolContext& context_;
  Json arguments_;
};

struct Row {
  std::string_view name;
  std::string_view description;
  std::string_view parameters;
  Effect effect;
  std::string (*answer)(const ToolRun& run, const ToolContext& context);
};

template <auto Verb>
std::string answer(const ToolRun& run, const ToolContext& context) {
  return (MemoryCall(run, context).*Verb)();
}

const std::array kRows{
    Row{kMemoryFiles, prompts::tools_memory, kMemoryFilesParameters, Effect::Idempotent, answer_memory_files},
    Row{"memory_forget", prompts::tools_memory_forget, kForgetParameters, Effect::Idempotent,
        answer<&MemoryCall::forget>},
    Row{"memory_get", prompts::tools_memory_get, kGetParameters, Effect::Read, answer<&MemoryCall::get>},
    Row{"memory_save", prompts::tools_memory_save, kSaveParameters, Effect::Idempotent,
        answer<&MemoryCall::save>},
    Row{"memory_search", prompts::tools_memory_search, kSearchParameters, Effect::Read,
        answer<&MemoryCall::search>},
    Row{"memory_update", prompts::tools_memory_update, kUpdateParameters, Effect::Idempotent,
        answer<&MemoryCall::update>},
};

class MemoryTool final : public Tool {
 public:
  explicit MemoryTool(const Row& row) : row_(row) {}

  ToolSpec spec() const override {
    return {std::string(row_.name), std::string(row_.description), std::string(row_.parameters), row_.effect};
  }

  /// So that notes get their ids in the order of the calls.
  bool keeps_order() const override { return true; }

  ToolAnswer run(const ToolRun& call, const ToolContext& context, const OutputSink&) const override {
    if (context.notes == nullptr) return failed(std::string(sentence("memory_absent")));
    ToolAnswer answer = answer_to(call, context);
    answer.spent = context.notes->take_spent();
    return answer;
  }

 private:
  ToolAnswer answer_to(const ToolRun& call, const ToolContext& context) const {
    try {
      return {Outcome::Ok, row_.answer(call, context)};
    } catch (const Error& error) {
      if (error.exit() != Exit::Suspended) throw;
      if (context.stop.reason() != StopReason::None) return {Outcome::Unknown, "", true};
      return failed(error.what());
    } catch (const std::runtime_error& error) {
      return failed(error.what());
    }
  }

  const Row& row_;
};

}  // namespace

std::unique_ptr<Tool> make_memory_tool(const ToolSetup& setup) {
  for (const Row& row : kRows)
    if (row.name == setup.name) return std::make_unique<MemoryTool>(row);
  return nullptr;
}

}  // namespace agentd
