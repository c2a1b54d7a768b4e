#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/task_json.h"

namespace agentd {

/// Tables of fields: one description of an object reads it, writes it and makes its JSON Schema. Members keep
/// the document's order.
using Json = nlohmann::ordered_json;

/// A spot in a document, and where to put what is wrong there.
class Place {
 public:
  explicit Place(std::vector<Problem>& problems, std::string pointer = "")
      : problems_(problems), pointer_(std::move(pointer)) {}
  Place at(std::string_view key) const;
  /// Says which key, then `message`.
  void problem(const std::string& message) const;
  void expected(std::string_view what, const Json& found) const;
  /// What was found in a document that stands here.
  void nested(const Problem& problem) const;
  /// `what`, the word, and the known one it was probably meant to be, or all of them.
  void unknown(std::string_view what, const std::string& word,
               const std::vector<std::string_view>& known) const;
  /// model.timeout for /model/timeout
  std::string path() const;
  std::size_t problems() const { return problems_.size(); }

 private:
  std::vector<Problem>& problems_;
  std::string pointer_;
};

/// Forms: what a value must look like. `read` leaves the value alone where it finds a problem, and says so by
/// false; `describe` adds to a JSON Schema.
struct Text {
  bool (*accepts)(std::string_view) = nullptr;  ///< null: any text
  std::string_view expected = "text";
  std::string_view pattern = "";  ///< the same for the schema
  bool read(const Json& json, std::string& value, const Place& place) const;
  void write(const std::string& value, Json& json) const;
  void describe(Json& schema) const;
};

struct Choice {
  std::vector<std::string_view> words;
  bool read(const Json& json, std::string& value, const Place& place) const;
  void write(const std::string& value, Json& json) const;
  void describe(Json& schema) const;
};

struct Integer {
  std::int64_t min = std::numeric_limits<std::int64_t>::min();
  std::int64_t max = std::numeric_limits<std::int64_t>::max();
  bool read(const Json& json, std::int64_t& value, const Place& place) const;
  void write(std::int64_t value, Json& json) const;
  void describe(Json& schema) const;
};

struct Number {
  double min = -std::numeric_limits<double>::max();
  double max = std::numeric_limits<double>::max();
  bool read(const Json& json, double& value, const Place& place) const;
  void write(double value, Json& json) const;
  void describe(Json& schema) const;
};

struct Flag {
  bool read(const Json& json, bool& value, const Place& place) const;
  void write(bool value, Json& json) const;
  void describe(Json& schema) const;
};

/// More than nothing, in milliseconds.
struct Duration {
  bool read(const Json& json, std::int64_t& value, const Place& place) const;
  void write(std::int64_t value, Json& json) const;
  void describe(Json& schema) const;
};

/// Names with texts.
struct TextMap {
  bool read(const Json& json, std::map<std::string, std::string>& value, const Place& place) const;
  void write(const std::map<std::string, std::string>& value, Json& json) const;
  void describe(Json& schema) const;
};

struct TextList {
  bool read(const Json& json, std::vector<std::string>& value, const Place& place) const;
  void write(const std::vector<std::string>& value, Json& json) const;
  void describe(Json& schema) const;
};

/// Anything, kept as JSON text.
struct FreeValue {
  bool read(const Json& json, std::string& value, const Place& place) const;
  void write(const std::string& value, Json& json) const;
  void describe(Json& schema) const;
};

/// A mapping of the user's own, kept as JSON text.
struct FreeObject {
  bool read(const Json& json, std::string& value, const Place& place) const;
  void write(const std::string& value, Json& json) const;
  void describe(Json& schema) const;
};

/// A list of mappings of which at least one is needed, kept as JSON text.
struct FreeList {
  bool read(const Json& json, std::string& value, const Place& place) const;
  void write(const std::string& value, Json& json) const;
  void describe(Json& schema) const;
};

bool is_null(const Json& json);
void make_nullable(Json& schema);

/// Null stands for none.
template <class V, class Form>
struct Optional {
  Form form;
  bool read(const Json& json, std::optional<V>& value, const Place& place) const {
    V found{};
    const bool none = is_null(json);
    if (!none && !form.read(json, found, place)) return false;
    value = none ? std::nullopt : std::optional<V>(found);
    return true;
  }
  void write(const std::optional<V>& value, Json& json) const {
    if (value) form.write(*value, json);
  }
  void describe(Json& schema) const {
    form.describe(schema);
    make_nullable(schema);
  }
};

struct FieldName {
  std::string_view key;
  std::string_view doc;
  bool is_required = false;
};

template <class T>
struct Field : FieldName {
  std::function<void(const Json&, T&, const Place&)> read;
  std::function<void(const T&, Json&)> write;  ///< leaves null where there is nothing to say
  std::function<void(Json&)> describe;

  Field required() && {
    is_required = true;
    return std::move(*this);
  }
};
template <class T>
using Fields = std::vector<Field<T>>;

template <class T, class V, class Form>
Field<T> bind_field(std::string_view key, V T::*member, Form form, std::string_view doc) {
  return {{key, doc},
          [=](const Json& json, T& object, const Place& place) { form.read(json, object.*member, place); },
          [=](const T& object, Json& json) { form.write(object.*member, json); },
          [=](Json& schema) { form.describe(schema); }};
}
template <class T, class V, class Form>
Field<T> field(std::string_view key, V T::*member, Form form, std::string_view doc) {
  return bind_field(key, member, std::move(form), doc);
}
template <class T, class V, class Form>
Field<T> field(std::string_view key, std::optional<V> T::*member, Form form, std::string_view doc) {
  return bind_field(key, member, Optional<V, Form>{std::move(form)}, doc);
}
/// Calls `read_member` for each member that has a field; unknown and missing ones are problems. False: no
/// mapping.
bool read_members(const Json& json, const Place& place, const std::vector<FieldName>& fields,
                  const std::function<void(std::size_t, const Json&, const Place&)>& read_member);
void write_member(std::string_view key, const std::function<void(Json&)>& write,
                  const std::function<void(Json&)>& write_default, Json& object);
void describe_member(const FieldName& field, const std::function<void(Json&)>& describe,
                     const std::function<void(Json&)>& write_default, Json& schema);

/// False: no list.
bool read_entries(const Json& json, const Place& place,
                  const std::function<void(const Json&, const Place&)>& read_entry);
void write_entry(const std::function<void(Json&)>& write, Json& list);
void describe_entries(const std::function<void(Json&)>& describe, Json& schema);

/// A mapping with these fields and no others. A field that has its default is not written.
template <class T>
struct Object {
  const Fields<T>& fields;  ///< lives as long as the program

  bool read(const Json& json, T& object, const Place& place) const {
    return read_members(json, place, {fields.begin(), fields.end()},
                        [&](std::size_t index, const Json& member, const Place& member_place) {
                          fields[index].read(member, object, member_place);
                        });
  }
  void write(const T& object, Json& json) const {
    for (const auto& each : fields)
      write_member(
          each.key, [&](Json& value) { each.write(object, value); },
          [&](Json& value) { each.write(T{}, value); }, json);
  }
  void describe(Json& schema) const {
    for (const auto& each : fields)
      describe_member(
          each, each.describe, [&](Json& value) { each.write(T{}, value); }, schema);
  }
};

/// A list of mappings with these fields. Reads one value an entry, good or not, so that places match.
template <class T>
struct ListOf {
  const Fields<T>& fields;
  bool read(const Json& json, std::vector<T>& list, const Place& place) const {
    list.clear();
    return read_entries(json, place, [&](const Json& entry, const Place& entry_place) {
      Object<T>{fields}.read(entry, list.emplace_back(), entry_place);
    });
  }
  void write(const std::vector<T>& list, Json& json) const {
    for (const T& each : list) write_entry([&](Json& entry) { Object<T>{fields}.write(each, entry); }, json);
  }
  void describe(Json& schema) const {
    describe_entries([&](Json& entry) { Object<T>{fields}.describe(entry); }, schema);
  }
};

/// Discarded if it is no JSON, or so deep that a copy of it, a stack frame a level, would be the end.
Json parse_document(std::string_view json);

}  // namespace agentd
