#include "core/store/sqlite_journal.h"

#include "core/store/event_table.h"
#include "core/store/owned_database.h"
#include "core/store/sqlite_failure.h"

namespace agentd {
namespace {

class SqliteJournal : public Journal {
 public:
  explicit SqliteJournal(const RunPaths& paths)
      : paths_(paths),
        owned_(journal_files(paths), kEventProbe),
        insert_(owned_.connection(), "INSERT INTO event(seq, at_ms, step, kind, data) VALUES(?, ?, ?, ?, ?)"),
        durable_(owned_.connection().execAndGet("SELECT coalesce(max(seq), 0) FROM event").getInt64()),
        last_(durable_) {}

  void read(const std::function<void(Record)>& each) override {
    try {
      read_events(owned_.connection(), paths_.journal(), 0, each);
    } catch (const SQLite::Exception& failure) {
      owned_.fail_reading(failure);
    }
  }

  void append(const Record& record) override {
    if (!owned_.in_transaction()) last_ = durable_;  // what a full disk did not take is gone
    if (record.seq != last_ + 1) owned_.leave("seq " + std::to_string(record.seq) + " is not the next");
    owned_.begin();
    const std::string kind(kind_of(record.event));
    const std::string data = to_json(record);
    insert_.bind(1, record.seq);
    insert_.bind(2, record.at_ms);
    insert_.bind(3, record.step);
    insert_.bindNoCopy(4, kind);
    insert_.bindNoCopy(5, data);
    owned_.run(insert_);
    last_ = record.seq;
  }

  void commit() override {
    if (!owned_.in_transaction()) return;
    owned_.commit();
    durable_ = last_;
  }

 private:
  RunPaths paths_;
  OwnedDatabase owned_;
  SQLite::Statement insert_;
  std::int64_t durable_;  ///< the last seq committed
  std::int64_t last_;     ///< the last seq appended
};

}  // namespace

OwnedFiles journal_files(const RunPaths& paths) {
  const std::string what = "run " + paths.id;
  return {paths.journal(), paths.lock(), what, "that folder", event_schema, key_of(paths.key, what)};
}

std::unique_ptr<Journal> open_journal(const RunPaths& paths) try {
  return std::make_unique<SqliteJournal>(paths);
} catch (const SQLite::Exception& failure) {
  throw_error(failure, 0, paths.journal());
}

}  // namespace agentd
