#pragma once

#include <string>
#include <vector>

#include "core/error.h"
#include "core/journal.h"

namespace agentd {

class MemoryJournal : public Journal {
 public:
  std::vector<Record> records;  ///< what is durable
  int commits = 0;              ///< that had anything to do

  void read(const std::function<void(Record)>& each) override {
    for (const Record& record : records) each(record);
  }
  void append(const Record& record) override {
    const auto next = static_cast<std::int64_t>(records.size() + appended_.size()) + 1;
    if (record.seq != next) {
      throw Error(Exit::Storage, "seq " + std::to_string(record.seq) + " is not the next");
    }
    appended_.push_back(record);
  }
  void commit() override {
    commits += appended_.empty() ? 0 : 1;
    records.insert(records.end(), appended_.begin(), appended_.end());
    appended_.clear();
  }
  /// As a new process finds it.
  void reopen() { appended_.clear(); }

 private:
  std::vector<Record> appended_;
};

}  // namespace agentd
