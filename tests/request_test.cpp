#include "core/request.h"

#include "tests/support/catch.h"
#include "tests/support/story.h"

using namespace agentd;

TEST_CASE("the request shows the settled transcript under the system prompt and the tools of the journal") {
  Story story({a_start(), an_invocation(), a_reply({a_call("look")}), a_result({1, 1})});
  const ModelRequest request = make_request(story.state());
  CHECK(request.run == "demo-1");
  CHECK(request.system == "Be brief.");
  CHECK(request.tools.size() == 3);
  CHECK(request.messages.size() == 3);
  CHECK(&request.setup == &story.state().task.model);
}
