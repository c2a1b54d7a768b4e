#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "cli/option_forms.h"
#include "cli/options.h"

// The options of the commands that are about what a memory directory keeps, and for how long.

namespace agentd {

void add_gc(CLI::App& app, Args& args) {
  add_memory(app, args);
  app.add_flag("--dry-run", args.dry_run, "Only show which runs would go");
  add_output(app, args, {"text", "json"});
}

void add_forget(CLI::App& app, Args& args) {
  app.add_option("ID", args.ids, "Runs, as agentd list names them; those that they called go with them")
      ->type_name("");
  add_status(app, args);
  value(app, "--older-than", "DUR",
        "Only runs in which nothing has happened for so long; without ID or --status those that have ended",
        [&](auto& text) { args.older_than_ms = duration("--older-than", text); });
  add_gc(app, args);
}

void add_memory_notes(CLI::App& app, Args& args) {
  NoteArgs& note = args.note;
  value(app, "ACTION", "", "list, get, put, search, forget, export or import", [&](auto& text) {
    note.action = text;
  })->required();
  app.add_option("WORDS", note.words,
                 "get: an id. put: the text, or - for stdin. search: words. forget: ids."
                 " import: a file, or - for stdin")
      ->type_name("");
  add_memory(app, args);
  value(app, "--namespace", "NAME", "Whose notes [the only namespace there is]",
        [&](auto& text) { note.name = text; });
  app.add_option_function<Texts>(
         "--tag", [&](const Texts& tags) { note.tags = tags; },
         "Only notes with this tag; put: gives it to the note; again for each")
      ->allow_extra_args(false)
      ->type_name("TAG");
  value(app, "--older-than", "DUR", "list, forget: only notes written longer ago",
        [&](auto& text) { args.older_than_ms = duration("--older-than", text); });
  value(app, "--subject", "TEXT", "list, forget: only notes that say this, in any case of letters",
        [&](auto& text) {
          if (trimmed(text).empty()) refuse("--subject: say what the notes say");  // all say nothing
          note.subject = text;
        });
  value(app, "--limit", "N", "At most so many [search: 10]",
        [&](auto& text) { note.limit = number<std::int64_t>("--limit", text, 1); });
  app.add_flag("--history", note.with_history, "list: also notes that others have taken the place of");
  value(app, "--importance", "X", "put: from 0 to 1, which is put before every run [0.5]",
        [&](auto& text) { note.importance = std::min(1.0, number<double>("--importance", text, 0)); });
  value(app, "--expires", "WHEN", "put: after a duration, as 30d, or at a time",
        [&](auto& text) { note.expires = text; });
  value(app, "--replaces", "ID", "put: the note whose place it takes",
        [&](auto& text) { note.replaces = number<std::int64_t>("--replaces", text, 1); });
  app.add_flag("--dry-run", args.dry_run, "forget: only show what would go");
  add_output(app, args, {"text", "json"});
}

void add_encrypt(CLI::App& app, Args& args) {
  const auto add = [&](const char* name, const char* form, const char* about, std::string& text) {
    return app.add_option(name, text, about)->type_name(form);
  };
  CLI::Option* env = add("--key-env", "NAME", "The key is in this variable", args.encryption.key_env);
  CLI::Option* file = add("--key-file", "FILE", "The key is in this file", args.encryption.key_file);
  add("--key-command", "TEXT", "sh -c prints the key", args.encryption.key_command)
      ->excludes(env)
      ->excludes(file);
  file->excludes(env);
  value(app, "--into", "NEW", "Leave the directory as it is, and make an encrypted copy of it",
        [&](auto& text) { args.into = text; });
  add_memory(app, args);
}

}  // namespace agentd
