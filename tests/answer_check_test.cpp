#include "core/model/answer_check.h"

#include "tests/support/catch.h"
#include "tests/support/fake_stop.h"

using namespace agentd;

namespace {

class Says : public Model {
 public:
  explicit Says(ModelReplied reply) : reply_(std::move(reply)) {}
  ModelResult ask(const ModelRequest&, const Stop&) override { return reply_; }

 private:
  ModelReplied reply_;
};

constexpr std::string_view kSchema =
    R"({"type":"object","properties":{"n":{"type":"integer"}},"required":["n"],"additionalProperties":false})";

ModelReplied checked(ModelReplied reply, std::string_view schema = kSchema) {
  const ModelSetup setup;
  const auto model = make_checked_model(std::make_unique<Says>(std::move(reply)));
  return std::get<ModelReplied>(model->ask({setup, "run", "", {}, {}, schema}, NeverStop()));
}

}  // namespace

TEST_CASE("an answer that fits the schema is kept as bare JSON") {
  CHECK(checked({.text = R"({"n": 7})"}) == ModelReplied{.text = R"({"n": 7})"});
  CHECK(checked({.text = "\n```json\n{\"n\": 7}\n```\n"}).text == R"({"n": 7})");
  CHECK(checked({.text = "Here it is:\n```json\n{\"n\": 7}\n```\nDone."}).text == R"({"n": 7})");
  CHECK(checked({.text = "\xEF\xBB\xBF{\"n\": 7}"}).text == R"({"n": 7})");
  CHECK(checked({.text = "Seven."}, "") == ModelReplied{.text = "Seven."});
}

TEST_CASE("one that does not is rejected with what is wrong") {
  const ModelReplied prose = checked({.text = "Seven."});
  CHECK(prose.rejected == "invalid_answer");
  CHECK_THAT(prose.complaint, ContainsSubstring("must be JSON, and nothing else"));
  const ModelReplied wrong = checked({.text = R"({"n": "7"})"});
  CHECK(wrong.rejected == "invalid_answer");
  CHECK_THAT(wrong.complaint, ContainsSubstring("/n: must be an integer"));
}

TEST_CASE("what is no answer is not checked") {
  CHECK(checked({.text = "I look.", .calls = {{"1", "look", "{}"}}}).rejected.empty());
  CHECK(checked({.text = "Wait.", .unfinished = true}).rejected.empty());
  CHECK(checked({.text = "What?", .rejected = "malformed", .complaint = "No."}).rejected == "malformed");
}
