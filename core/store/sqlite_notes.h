#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/notes.h"
#include "core/store/memory_dir.h"
#include "core/store/ownership.h"

namespace agentd {

/// The memory of a namespace: DIR/memory/NAME.db, made with the first note. Several threads may use it.
/// Throws Error(Usage) where the name is none: it is written as a run id.
std::unique_ptr<Notes> make_sqlite_notes(const MemoryDir& memory, const std::string& name, Clock& clock,
                                         const Stop& stop);

/// Its files.
OwnedFiles note_files(const MemoryDir& memory, const std::string& name);

/// The namespaces that there are, sorted.
std::vector<std::string> note_namespaces(const MemoryDir& memory);

}  // namespace agentd
