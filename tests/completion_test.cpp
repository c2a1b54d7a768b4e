#include "cli/completion.h"

#include "cli/syntax.h"
#include "core/error.h"
#include "tests/support/catch.h"

using namespace agentd;

TEST_CASE("an option is told with its names, the form of its value and what it is for") {
  const std::vector<OptionText> texts = option_texts(find_syntax("run"));
  const auto option = [&](const std::string& name) {
    for (const OptionText& text : texts)
      if (text.names.empty() ? text.form == name : text.names.back() == name) return text;
    FAIL("no " << name);
    return OptionText();
  };
  CHECK(option("TASK.yaml").is_required);
  CHECK(option("TASK.yaml").about == "The task");
  CHECK(option("--input").names == std::vector<std::string>{"-i", "--input"});
  CHECK(option("--input").may_repeat);
  CHECK(option("--output").form == "text|json|jsonl");
  CHECK_FALSE(option("--output").may_repeat);
  CHECK(option("--adopt").form.empty());
  CHECK(option("--help").about == "Print this help");
}

TEST_CASE("every shell is told of every command and every option") {
  const std::string bash = bash_completion(), zsh = zsh_completion(), fish = fish_completion();
  for (const Syntax& command : all_syntax()) {
    const std::string name(command.name);
    CAPTURE(name);
    CHECK_THAT(bash, ContainsSubstring("*:" + name + ")"));
    CHECK_THAT(zsh, ContainsSubstring("\n    " + name + ")"));
    CHECK_THAT(fish, ContainsSubstring("'__agentd_is " + name + "'"));
    for (const OptionText& option : option_texts(command))
      for (const std::string& word : option.names) {
        CAPTURE(word);
        CHECK_THAT(bash, ContainsSubstring(word));
        CHECK_THAT(zsh, ContainsSubstring(word + "[") || ContainsSubstring(word + "=["));
        CHECK_THAT(fish, ContainsSubstring(word.starts_with("--") ? "-l " + word.substr(2)
                                                                  : "-s " + word.substr(1)));
      }
  }
}

TEST_CASE("what is offered follows from the form of a value") {
  CHECK(offer_for("TASK.yaml") == Offer::Task);
  CHECK(offer_for("FILE.json") == Offer::File);
  CHECK(offer_for("DIR") == Offer::Folder);
  CHECK(offer_for("ID TEXT") == Offer::Run);
  CHECK(offer_for("DUR") == Offer::Nothing);
  CHECK(offer_for("text|json") == Offer::Words);
  CHECK(words_of("text|json") == "text json");
  CHECK(words_of("SHELL") == "bash zsh fish");
}
