// The same event more than once: at the same time, again after it was answered, again after an error.
import { writeFileSync } from "node:fs";
import { holds, finish, is, test } from "./check.mjs";
import { bytes, comes, ends, journaled, lambda, lines, list, shell, stands, task, workspace } from "./function.mjs";

const once = (...script) => task("once", [shell("echo done >> ledger; while [ ! -e go ]; do sleep 0.1; done"), ...script]);
const ledger = (f, run) => lines(`${workspace(f, run)}/ledger`);

await test("of two environments that get the same event, one works and the other is told that the run is busy", async () => {
  const f = lambda();
  const event = { task: once({ answer: "done" }) }; // no run: the same task is the same run
  const answers = [];
  const both = [1, 2].map(() => f.invoke(event, { id: "the-same" }).then((result) => answers.push(result)));
  await comes("the first answer", () => answers.length === 1);
  stands(answers[0], "busy", { reason: "busy", result: null, run: list(f)[0].run });
  const { run } = answers[0].answer;
  await comes("the effect", () => ledger(f, run).length === 1);
  writeFileSync(`${workspace(f, run)}/go`, "");
  await Promise.all(both);
  stands(answers[1], "completed", { run, result: "done" });
  is(f.started, 2);
  is(list(f).map((each) => each.run), [run]);
  is(ledger(f, run), ["done"]);
  is(journaled(f, run, "invocation_started").length, 1);
  await ends(f);
});

await test("an event that comes again after its answer is answered the same, and nothing is done or written", async () => {
  const f = lambda();
  const event = { task: task("again", [shell("echo done >> ledger"), { answer: "done" }]), run: "again" };
  const first = stands(await f.invoke(event, { id: "r" }), "completed", { steps_this_invocation: 2 });
  const before = bytes(f, "again");
  const second = stands(await f.invoke(event, { id: "r" }), "completed", { steps_this_invocation: 0 });
  is({ ...second, steps_this_invocation: 2 }, first);
  is((await f.invokeTwice(event)).map(({ answer }) => answer), [second, second]);
  is(bytes(f, "again"), before);
  is(ledger(f, "again"), ["done"]);
  await ends(f);
});

await test("an event that is delivered again after its environment was killed goes on with the run", async () => {
  const f = lambda();
  const event = { task: once({ answer: "done" }), run: "killed" };
  const kill = (sandbox) =>
    comes("the effect", () => ledger(f, "killed").length).then(() => {
      writeFileSync(`${workspace(f, "killed")}/go`, "");
      return sandbox.kill();
    });
  let times = 0;
  const results = await f.invokeAsync(event, { during: (sandbox) => times++ || kill(sandbox) });
  is(results.map(({ error }) => error?.errorType), ["Sandbox.Failure", undefined]);
  stands(results[1], "completed", { result: "done" });
  is(ledger(f, "killed"), ["done"]);
  is(journaled(f, "killed", "tool_finished").map(({ outcome }) => outcome), ["unknown"]);
  await ends(f);
});

await test("a message that is delivered twice is told once; the same text in another request is another message", async () => {
  const f = lambda();
  const script = [{ call: { ask: { question: "Which?" } } }, { answer: "{{observations[0]}}" }];
  const asks = task("asks", script, { tools: ["ask"] });
  stands(await f.invoke({ task: asks, run: "asks" }), "waiting", { reason: "question" });
  const send = { action: "send", run: "asks", text: "The red one." };
  for (const id of ["r1", "r1"]) await f.invoke(send, { id });
  await f.invokeTwice(send, { id: "r1" });
  stands(await f.invoke({ action: "resume", run: "asks" }), "completed", { result: "The red one." });
  is(journaled(f, "asks", "user_said").map(({ text }) => text), ["The red one."]);

  const two = { task: asks, run: "two" };
  await f.invoke(two);
  for (const id of ["r1", "r2", "r1"]) await f.invoke({ ...send, run: "two" }, { id });
  await f.invoke(two);
  is(journaled(f, "two", "user_said").map(({ text }) => text), ["The red one.", "The red one."]);
  await ends(f);
});

await test("an approval that is delivered twice, also after the call was made, changes nothing", async () => {
  const f = lambda();
  const asks = task("pays", [shell("echo paid >> ledger"), { answer: "paid" }], { permissions: [{ ask: "shell" }] });
  stands(await f.invoke({ task: asks, run: "pays" }), "waiting", { reason: "approval" });
  const approve = { action: "approve", run: "pays", call: "1.1" };
  await f.invokeTwice(approve, { id: "a" });
  stands(await f.invoke({ action: "resume", run: "pays" }), "completed", { result: "paid" });
  const late = await f.invoke(approve, { id: "a" });
  if (late.answer) stands(late, "completed", { result: "paid" });
  else is(late.error.errorType, "Agent.BadEvent");
  stands(await f.invoke({ action: "resume", run: "pays" }), "completed", { result: "paid", steps_this_invocation: 0 });
  is(ledger(f, "pays"), ["paid"]);
  await ends(f);
});

finish();
