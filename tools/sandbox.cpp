#include "tools/sandbox.h"

#include <unistd.h>

#include <algorithm>
#include <system_error>

#include "core/error.h"
#include "tools/readable.h"
#include "tools/sandbox_lists.h"
#include "tools/worktree.h"

// The workspace stays writable as a whole, whatever lies in it: rules cannot take a part away from it again,
// and entry by entry nothing new could be made in it. What must not be seen there is covered by something
// else, where we may do that (root may); where not, it is a gap that is told. Terminals (/dev/ptmx, /dev/pts)
// are left out: those of other programs of the same user could be read and written; a task may name them.

namespace agentd {
namespace {

namespace fs = std::filesystem;

class Planner {
 public:
  Planner(const SandboxPlaces& places, const SandboxSupport& support)
      : places_(places),
        support_(support),
        workspace_(resolved(places.workspace)),
        memory_(resolved(places.memory)),
        scratch_(memory_ / places.scratch.lexically_relative(places.memory)),
        home_(resolved(variable("HOME"))),
        hidden_(hidden_paths()),
        readable_(hidden_) {}

  SandboxPlan plan() {
    make_scratch();
    add_writable(workspace_);
    for (const std::string& path : places_.write)
      if (!is_writable(path)) add_writable(resolved(path));
    for (const fs::path& path : hidden_) hide(path);
    add_scratch();
    add_temporary_folders();
    for (const char* device : kDevices) sandbox().writable.emplace_back(device);
    add_worktree();
    add_system();
    add_programs();
    for (const std::string& path : places_.read)
      if (!is_writable(path)) readable_.add_named(path);
    sandbox().readable = readable_.take_readable();
    sandbox().listable = readable_.take_listable();
    return std::move(plan_);
  }

 private:
  Sandbox& sandbox() { return plan_.sandbox; }

  std::string variable(const char* name) const {
    const auto found = places_.environment.find(name);
    return found == places_.environment.end() ? "" : found->second;
  }

  bool has_home() const { return home_.is_absolute() && home_ != home_.root_path(); }

  /// The memory directory last: what covers the others lies in it, and it may be covered too.
  std::vector<fs::path> hidden_paths() const {
    std::vector<fs::path> paths;
    for (const char* secret : kSecrets) {
      const fs::path path = home_ / secret;
      std::error_code ignored;
      if (has_home() && fs::exists(path, ignored)) paths.push_back(resolved(path));
    }
    paths.push_back(memory_);
    return paths;
  }

  bool lies_in_writable(const fs::path& path) const {
    return std::any_of(writable_.begin(), writable_.end(),
                       [&](const fs::path& one) { return is_within(path, one); });
  }

  /// Also where a link laid by a program makes it seem to lie elsewhere.
  bool is_writable(fs::path path) const {
    path = path.lexically_normal();
    for (; path != path.root_path() && !path.empty(); path = path.parent_path())
      if (lies_in_writable(resolved(path))) return true;
    return false;
  }

  void add_writable(const fs::path& path) {
    writable_.push_back(path);
    sandbox().writable.push_back(path.string());
  }

  static bool is_named(const std::vector<std::string>& names, const fs::path& within) {
    return std::any_of(names.begin(), names.end(),
                       [&](const std::string& name) { return is_within(resolved(name), within); });
  }

  void hide(const fs::path& path) {
    if (!lies_in_writable(path)) return;
    const bool is_wanted = is_named(places_.read, path) || is_named(places_.write, path);
    if (is_wanted && path != memory_) return;
    if (support_.covers && !is_wanted && !is_within(workspace_, path)) return cover(path);
    plan_.gaps.push_back("read and change " + path.string() + ", which lies in what they may write to");
    plan_.is_firm = false;
  }

  void cover(const fs::path& path) {
    std::error_code ignored;
    fs::path with = "/dev/null";
    if (fs::is_directory(path, ignored)) with = scratch_ / "empty";
    if (path == memory_) with = scratch_ / "open";
    pin(path.parent_path());
    sandbox().covers.push_back({path.string(), with.string()});
  }

  /// Laid over itself, a folder cannot be moved away together with what is covered in it.
  void pin(const fs::path& folder) {
    if (!lies_in_writable(folder) || std::find(writable_.begin(), writable_.end(), folder) != writable_.end())
      return;
    pin(folder.parent_path());
    const Sandbox::Cover self{folder.string(), folder.string()};
    auto& covers = sandbox().covers;
    if (std::find(covers.begin(), covers.end(), self) == covers.end()) covers.push_back(self);
  }

  /// The programs can change `open` alone: they must not choose what covers something else.
  void make_scratch() {
    for (const char* name : {"empty", "open/cache", "open/tmp"}) {
      std::error_code error;
      fs::create_directories(scratch_ / name, error);
      if (error)
        throw Error(Exit::Storage, "cannot make the folder " + (scratch_ / name).string() + ": " +
                                       error.message() + "; check the memory directory's mode and space");
    }
  }

  void add_scratch() {
    sandbox().writable.push_back((scratch_ / "open").string());
    for (const auto& [name, folder] : kCaches) plan_.environment[name] = (open_scratch() / folder).string();
  }

  /// Where the programs find it: it covers the memory directory in which it lies.
  fs::path open_scratch() const {
    const auto& covers = plan_.sandbox.covers;
    const bool covered = !covers.empty() && covers.back().path == memory_.string();
    return covered ? memory_ : scratch_ / "open";
  }

  /// Not those that hold our own folders: whoever may rename these can lay a link in their place.
  void add_temporary_folders() {
    std::vector<fs::path> folders = {"/tmp", "/var/tmp", "/dev/shm"};
    const fs::path own = variable("TMPDIR");
    if (own.is_absolute()) folders.insert(folders.begin(), own);
    bool is_whole = true;
    for (const fs::path& folder : folders) {
      const fs::path at = resolved(folder);
      if (holds_ours(at))
        is_whole = false;
      else if (!lies_in_writable(at))
        add_writable(at);
    }
    if (!is_whole) plan_.environment["TMPDIR"] = (open_scratch() / "tmp").string();
  }

  bool holds_ours(const fs::path& folder) const {
    const bool holds_home = has_home() && is_within(home_, folder) && home_ != folder;
    const bool holds_hidden = std::any_of(hidden_.begin(), hidden_.end(), [&](const fs::path& one) {
      return is_within(one, folder) || is_within(folder, one);
    });
    return holds_home || holds_hidden || is_within(workspace_, folder);
  }

  void add_worktree() {
    const Worktree worktree = worktree_of(workspace_);
    if (worktree.readable.empty() || is_writable(worktree.readable.front())) return;
    for (const fs::path& path : worktree.writable) add_writable(path);
    for (const fs::path& path : worktree.readable) readable_.add(path);
  }

  void add_system() {
    for (const char* path : kSystem) readable_.add(path);
    if (::geteuid() == 0)
      readable_.add_public("/etc");
    else
      readable_.add("/etc");
    add_readable(variable("SSL_CERT_FILE"));
  }

  void add_readable(const fs::path& path) {
    if (path.is_absolute() && !is_writable(path)) readable_.add(path);
  }

  /// The folders of PATH, and what programs there are installed with: lib/ beside bin/.
  void add_programs() {
    const std::string path = variable("PATH");
    for (std::size_t begin = 0; begin <= path.size();) {
      const std::size_t end = std::min(path.find(':', begin), path.size());
      const fs::path folder = path.substr(begin, end - begin);
      begin = end + 1;
      add_readable(folder);
      if (has_own_prefix(resolved(folder))) add_readable(resolved(folder).parent_path());
    }
    if (!has_home()) return;
    for (const char* tool : kHomeTools) add_readable(home_ / tool);
  }

  bool has_own_prefix(const fs::path& folder) const {
    const std::string name = folder.filename();
    const fs::path prefix = folder.parent_path();
    if (name != "bin" && name != "sbin" && name != "shims" && name != ".bin") return false;
    return prefix != prefix.root_path() && !is_within(home_, prefix) && prefix != home_ / ".local" &&
           !is_within(workspace_, prefix);
  }

  const SandboxPlaces& places_;
  const SandboxSupport& support_;
  fs::path workspace_;
  fs::path memory_;
  fs::path scratch_;
  fs::path home_;
  std::vector<fs::path> hidden_;
  Readable readable_;
  std::vector<fs::path> writable_;
  SandboxPlan plan_;
};

}  // namespace

SandboxPlan plan_sandbox(const SandboxPlaces& places, const SandboxSupport& support) {
  SandboxPlan plan = Planner(places, support).plan();
  plan.gaps.insert(plan.gaps.begin(), support.gaps.begin(), support.gaps.end());
  plan.is_firm = plan.is_firm && support.landlock > 0 && support.filter;
  return plan;
}

std::string gaps_sentence(const std::vector<std::string>& gaps) {
  if (gaps.empty()) return "";
  std::string list;
  for (std::size_t i = 0; i < gaps.size(); ++i)
    list += (i == 0 ? "" : i + 1 < gaps.size() ? ", " : " and ") + gaps[i];
  return "the sandbox is not whole here: programs that tools start can " + list;
}

}  // namespace agentd
