#pragma once

#include <functional>
#include <vector>

#include "core/clock.h"
#include "core/inbox.h"
#include "core/journal.h"
#include "core/model.h"
#include "core/person.h"
#include "core/price.h"
#include "core/secrets.h"
#include "core/state.h"
#include "core/tool.h"

namespace agentd {

/// What the loop acts through. Built once in main, once per test.
struct World {
  Clock& clock;
  const Stop& stop;
  Journal& journal;
  Inbox& inbox;
  Model& model;
  Tools& tools;
  /// Told of each record after its commit. Must not throw.
  std::function<void(const Record&)> observe;
  std::vector<std::optional<Price>> prices = {};  ///< of the task's model and its fallbacks
  Person* person = nullptr;                       ///< null: nobody is here
  Grant grant = {};                               ///< of the run that called this one
  /// What has become of the task's tools since they were last put down; none: nothing.
  std::function<std::optional<TaskUpdated>(const State&)> update = {};
  const Secrets* secrets = nullptr;  ///< masked in all that is recorded; null: there are none
};

/// The only way into a journal: mask, append, then apply; once committed, tell.
class Recorder {
 public:
  using Observe = std::function<void(const Record&)>;
  struct Means {
    Journal& journal;
    Clock& clock;
    const Secrets* secrets = nullptr;  ///< see World
  };
  Recorder(const Means& means, State& state, Observe observe);
  void stage(Event event);
  /// Makes everything staged durable at once.
  void commit();
  /// Makes what people left in the inbox durable, each letter once. False if there was nothing new.
  bool take_in(Inbox& inbox);
  /// The same for what was said right here.
  bool take_in(const std::vector<Letter>& letters);

 private:
  void stage(const Letter& letter);

  Means means_;
  State& state_;
  Observe observe_;
  std::vector<Record> staged_;
};

/// Reads the journal. Throws Error(Storage) where it does not make sense.
State fold(Journal& journal);

/// Makes `opening` (the events that begin this invocation) durable, then works until the run ends or must
/// pause. On return everything is durable and `state` says how it stands.
void drive(const World& world, State& state, std::vector<Event> opening);

}  // namespace agentd
