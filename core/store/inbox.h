#pragma once

#include "core/inbox.h"
#include "core/store/memory_dir.h"

namespace agentd {

/// When it was left, by the clock of whoever did; 0 where its name does not tell.
std::int64_t left_at_ms(const Letter& letter);

/// Whether an id is that of a letter which was left with this key.
bool has_key(const std::string& id, const std::string& key);

/// The folder runs/ID/inbox: one file a letter, put there whole by an atomic rename.
class InboxFolder : public Inbox {
 public:
  explicit InboxFolder(RunPaths paths)
      : paths_(std::move(paths)), key_(key_of(paths_.key, "inbox of run " + paths_.id)) {}
  std::vector<Letter> read() override;
  void remove(const Letter& letter) override;
  /// Durable on return. The letter is given an id; `key`: what tells it from others, if it may come twice.
  void leave(const Letter& letter, std::int64_t now_ms, const std::string& key = "");
  /// All letters under the same ids, for the same run in another memory directory.
  void copy_to(const InboxFolder& other) const;

 private:
  RunPaths paths_;
  std::optional<DataKey> key_;
};

}  // namespace agentd
