#include "core/event.h"

#include <array>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/event_fields.h"
#include "core/task_json.h"

// Writer and Reader walk the lists of core/event_fields.h.

namespace agentd {

namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 4> kOutcomes{"ok", "error", "denied", "unknown"};
constexpr std::array<std::string_view, 3> kEffects{"read", "idempotent", "once"};

class Writer {
 public:
  static constexpr bool kWrites = true;
  explicit Writer(std::int64_t step) : step_(step) {}

  template <class T>
  void need(const char* key, const T& value) {
    out[key] = form(value);
  }
  template <class T>
  void may(const char* key, const T& value) {
    if (!(value == T{})) need(key, value);
  }

  json out = json::object();

 private:
  static json form(const auto& value) { return value; }
  template <class T>
  static json form(const std::optional<T>& value) {
    return value ? json(form(*value)) : json(nullptr);
  }
  static json form(const CallId& call) { return to_string(call); }
  static json form(Outcome outcome) { return kOutcomes.at(static_cast<std::size_t>(outcome)); }
  static json form(const Task& task) { return json::parse(task_to_json(task)); }
  static json form(const Usage& usage) {
    return {{"input", usage.input},
            {"cache_read", usage.cache_read},
            {"cache_write", usage.cache_write},
            {"output", usage.output}};
  }
  static json form(const Spent& spent) {
    return {
        {"usage", form(spent.usage)}, {"model_calls", spent.model_calls}, {"cost_usd", form(spent.cost_usd)}};
  }
  static json form(const std::vector<ToolSpec>& tools) {
    json list = json::array();
    for (const ToolSpec& tool : tools) {
      list.push_back({{"name", tool.name},
                      {"description", tool.description},
                      {"parameters", tool.parameters},
                      {"effect", word_of(tool.effect)}});
      if (tool.server.empty()) continue;
      list.back()["server"] = tool.server;
      list.back()["remote_name"] = tool.remote_name;
    }
    return list;
  }
  json form(const std::vector<ToolCall>& calls) const {
    json list = json::array();
    for (const ToolCall& call : calls) {
      const auto index = static_cast<std::int64_t>(list.size()) + 1;
      list.push_back({{"call", to_string(CallId{step_, index})},
                      {"tool", call.name},
                      {"arguments", call.arguments},
                      {"provider_id", call.provider_id}});
    }
    return list;
  }

  std::int64_t step_;
};

class Reader {
 public:
  static constexpr bool kWrites = false;
  explicit Reader(const json& in) : in_(in) {}

  template <class T>
  void need(const char* key, T& value) const {
    take(in_.at(key), value);
  }
  template <class T>
  void may(const char* key, T& value) const {
    const auto found = in_.find(key);
    if (found != in_.end()) take(*found, value);
  }

 private:
  template <class T>
  static void take(const json& in, T& value) {
    in.get_to(value);
  }
  template <class T>
  static void take(const json& in, std::optional<T>& value) {
    value.reset();
    if (!in.is_null()) take(in, value.emplace());
  }
  static void take(const json& in, CallId& call) { call = call_id_from_string(in); }
  static void take(const json& in, Outcome& outcome) { outcome = named<Outcome>(in, kOutcomes); }
  static void take(const json& in, Task& task) {
    std::vector<Problem> problems;
    task = task_from_json(in.dump(), problems);
    if (!problems.empty())
      throw Error(Exit::Storage, "the journal's task cannot be read by this agentd: " +
                                     problems.front().pointer + ": " + problems.front().message);
  }
  static void take(const json& in, Usage& usage) {
    const Reader reader(in);
    reader.may("input", usage.input);
    reader.may("cache_read", usage.cache_read);
    reader.may("cache_write", usage.cache_write);
    reader.may("output", usage.output);
  }
  static void take(const json& in, Spent& spent) {
    const Reader reader(in);
    reader.may("usage", spent.usage);
    reader.may("model_calls", spent.model_calls);
    reader.may("cost_usd", spent.cost_usd);
  }
  static void take(const json& in, std::vector<ToolSpec>& tools) {
    for (const json& tool : in)
      tools.push_back({tool.at("name"), tool.at("description"), tool.at("parameters"),
                       named<Effect>(tool.at("effect"), kEffects), tool.value("server", ""),
                       tool.value("remote_name", "")});
  }
  static void take(const json& in, std::vector<ToolCall>& calls) {
    for (const json& call : in)
      calls.push_back({call.at("provider_id"), call.at("tool"), call.at("arguments")});
  }
  template <class Enum, std::size_t N>
  static Enum named(const std::string& name, const std::array<std::string_view, N>& names) {
    for (std::size_t i = 0; i < N; ++i)
      if (names.at(i) == name) return static_cast<Enum>(i);
    throw Error(Exit::Storage, "the journal is damaged, or of a newer agentd: it says '" + name + "'");
  }

  const json& in_;
};

json data_of(const Record& record) {
  Writer writer(record.step);
  std::visit([&](const auto& event) { fields(writer, event); }, record.event);
  return std::move(writer.out);
}

std::string dump(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

/// Tries the kinds of Event one after the other.
template <std::size_t I = 0>
Event read_kind(std::string_view kind, const json& data) {
  if constexpr (I == std::variant_size_v<Event>) {
    throw Error(Exit::Storage, "the journal has an event of the unknown kind '" + std::string(kind) +
                                   "': use a newer agentd");
  } else {
    using Kind = std::variant_alternative_t<I, Event>;
    if (kind != Kind::kKind) return read_kind<I + 1>(kind, data);
    Kind event;
    Reader reader(data);
    fields(reader, event);
    return event;
  }
}

}  // namespace

std::string_view word_of(Effect effect) {
  return kEffects.at(static_cast<std::size_t>(effect));
}

std::string_view kind_of(const Event& event) {
  return std::visit([](const auto& e) { return e.kKind; }, event);
}

std::string to_json(const Record& record) {
  return dump(data_of(record));
}

std::string to_json_line(const Record& record) {
  return dump({{"seq", record.seq},
               {"at_ms", record.at_ms},
               {"step", record.step},
               {"kind", kind_of(record.event)},
               {"data", data_of(record)}});
}

Event event_from_json(std::string_view kind, std::string_view data) {
  try {
    return read_kind(kind, json::parse(data));
  } catch (const json::exception&) {
    throw Error(Exit::Storage, "the journal is damaged: an event '" + std::string(kind) + "' cannot be read");
  }
}

}  // namespace agentd
