#include "cli/memory_key.h"

#include <chrono>
#include <future>

#include "cli/environment.h"
#include "core/error.h"
#include "core/os/child_process.h"
#include "core/text.h"

namespace agentd {

namespace {

constexpr std::int64_t kPatienceMs = 60'000;
constexpr const char* kCommandVariable = "AGENTD_KEY_COMMAND";

[[noreturn]] void refuse(const std::string& message) {
  throw Error(Exit::Usage, message);
}

/// Hears what the command prints, and when it has ended.
class KeyWatcher final : public ProcessWatcher {
 public:
  void output(std::string_view bytes) override { output_ += bytes; }
  void errors(std::string_view bytes) override { errors_ += bytes; }
  void ended(const ProcessResult& result) override { end_.set_value(result); }

  std::future<ProcessResult> end() { return end_.get_future(); }
  const std::string& output() const { return output_; }
  std::string last_error() const {
    const std::string text(trimmed(to_valid_utf8(errors_)));
    return text.empty() ? "it says nothing" : text.substr(text.rfind('\n') + 1);
  }

 private:
  std::string output_;
  std::string errors_;
  std::promise<ProcessResult> end_;
};

std::string printed_by(const std::string& command) {
  KeyWatcher watcher;
  auto end = watcher.end();
  ChildProcess process;
  const ProcessRequest request{{"/bin/sh", "-c", command}, ".", whole_environment(), "", kPatienceMs};
  auto running = process.start(request, watcher);
  const bool has_ended = end.wait_for(std::chrono::milliseconds(kPatienceMs)) == std::future_status::ready;
  running.reset();
  if (!has_ended) refuse("the key's command has not ended in a minute");
  const ProcessResult result = end.get();
  if (result.end != ProcessResult::End::Exited || result.status != 0)
    refuse("the key's command has failed: " + watcher.last_error());
  return watcher.output();
}

std::string text_from(const EncryptionSetup& source) {
  if (!source.key_command.empty()) return printed_by(source.key_command);
  const bool is_file = !source.key_file.empty();
  const auto text = is_file ? text_of_file(source.key_file) : variable_of_process(source.key_env);
  if (!text && is_file) refuse("the key's file " + source.key_file + " cannot be read");
  if (!text) refuse("the key is to be in the variable " + source.key_env + ", which is not set");
  return *text;
}

std::string name_of(const EncryptionSetup& source) {
  if (!source.key_command.empty()) return "what the key's command prints";
  return source.key_file.empty() ? "the variable " + source.key_env : source.key_file;
}

}  // namespace

DataKey find_key(const EncryptionSetup& source) {
  const auto key = DataKey::from_text(trimmed(text_from(source)));
  if (!key)
    refuse(name_of(source) +
           " holds no key: a key is 32 random bytes in base64, as from "
           "'openssl rand -base64 32'");
  return *key;
}

DataKey find_kept_key(const EncryptionSetup& source) {
  if (source.key_command.empty()) return find_key(source);
  const auto command = variable_of_process(kCommandVariable);
  if (!command || command->empty())
    refuse("the memory directory is encrypted, and its key is what '" + source.key_command +
           "' prints: set " + kCommandVariable + " to that command if you trust it");
  return find_key({.key_command = *command});
}

MemoryDir look_at_memory(const Args& args) {
  return MemoryDir::look(args.memory, find_kept_key);
}

MemoryDir make_memory(const Args& args, const EncryptionSetup& wanted) {
  return MemoryDir::create(args.memory, wanted == EncryptionSetup() ? find_kept_key : find_key, wanted);
}

}  // namespace agentd
