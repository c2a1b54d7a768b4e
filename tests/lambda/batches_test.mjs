// Batches of SQS, where only what can go on comes again, and `tick` for all runs at once.
import { writeFileSync } from "node:fs";
import { finish, is, test } from "./check.mjs";
import { ends, journaled, lambda, lines, list, shell, stands, task, workspace } from "./function.mjs";

const message = (messageId, body, fifo = "") => ({
  messageId,
  body: typeof body === "string" ? body : JSON.stringify(body),
  eventSource: "aws:sqs",
  eventSourceARN: `arn:aws:sqs:eu-west-1:012345678912:runs${fifo}`,
  attributes: { ApproximateReceiveCount: "1" },
  messageAttributes: {},
});
const failures = ({ answer }) => {
  is(Object.keys(answer ?? {}), ["batchItemFailures"]);
  return answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
};
const done = (name, more) => ({ task: task(name, [shell("echo done >> ledger"), { answer: "done" }], more), run: name });
const then_over = (call, tool, name) => ({ task: task(name, [{ call }, { answer: "x" }], { tools: [tool] }), run: name });
const waits = (name) => then_over({ wait: { for: "1h" } }, "wait", name);
const wait_for_file = "echo begun >> ledger; while [ ! -e go ]; do sleep 0.1; done";

await test("of a batch, what is suspended or no good comes again; what has ended or waits for a person does not", async () => {
  const f = lambda();
  const records = [
    message("m1", done("one")),
    message("m2", waits("two")),
    message("m3", "no JSON"),
    message("m4", done("four", { verify: [{ shell: "false", attempts: 1 }] })),
    message("m5", done("five", { permissions: [{ ask: "shell" }] })),
    message("m6", done("six", { limits: { steps: 1 } })),
    message("m7", { action: "resume", run: "nobody" }),
    message("m8", done("eight")),
  ];
  is(failures(await f.invoke({ Records: records })), ["m2", "m3", "m7"]);
  is(list(f).map(({ run, status }) => `${run} ${status}`).sort(), [
    "eight completed",
    "five waiting",
    "four failed",
    "one completed",
    "six limit",
    "two suspended",
  ]);
  const again = await f.invoke({ Records: [message("m1", done("one")), message("m8", done("eight"))] });
  is(failures(again), []);
  is(lines(`${workspace(f, "one")}/ledger`), ["done"]);
  await ends(f);
});

await test("a run whose journal is broken comes again, as does one that others work on", async () => {
  const f = lambda();
  await f.invoke(done("broken"));
  writeFileSync(`${f.options.memory}/runs/broken/journal.db`, "This is no database. ".repeat(1000));
  const slow = { task: task("slow", [shell(wait_for_file), { answer: "x" }]), run: "slow" };
  const worked_on = f.invoke(slow);
  while (!lines(`${workspace(f, "slow")}/ledger`).length) await new Promise((resolve) => setTimeout(resolve, 20));
  const batch = { Records: [message("b", done("broken")), message("s", slow), message("o", done("other"))] };
  is(failures(await f.invoke(batch)), ["b", "s"]);
  writeFileSync(`${workspace(f, "slow")}/go`, "");
  stands(await worked_on, "completed");
  is(lines(`${workspace(f, "slow")}/ledger`), ["begun"]);
  await ends(f);
});

await test("of a queue that keeps the order, nothing is begun after a failure", async () => {
  const f = lambda();
  const events = [done("one"), waits("two"), done("three")];
  const records = events.map((event, index) => message(`m${index + 1}`, event, ".fifo"));
  is(failures(await f.invoke({ Records: records })), ["m2", "m3"]);
  is(list(f).map(({ run }) => run).sort(), ["one", "two"]);
  await ends(f);
});

await test("messages for which there is no time left come again, and none is lost", async () => {
  const f = lambda({ timeoutMs: 4000 });
  const slow = (name) => ({ task: task(name, [shell("echo begun >> ledger; sleep 60"), { answer: "x" }]), run: name });
  const records = [message("m1", slow("one")), message("m2", slow("two")), message("m3", "no JSON")];
  is(failures(await f.invoke({ Records: records })), ["m1", "m2", "m3"]);
  await ends(f);
});

await test("an empty batch is done", async () => {
  const f = lambda();
  is(failures(await f.invoke({ Records: [] })), []);
  await ends(f);
});

await test("tick as an action goes on with what can, and tells of each", async () => {
  const f = lambda();
  const nothing = await f.invoke({ action: "tick" });
  is(nothing.answer?.runs, []);
  const asks = then_over({ ask: { question: "Which?" } }, "ask", "asks");
  const slow = { task: task("slow", [shell(`${wait_for_file}; echo over`), { answer: "x" }]), run: "slow" };
  stands(await f.invoke(asks), "waiting");
  stands(await f.invoke(waits("later")), "suspended");
  stands(await f.invoke(slow, { timeoutMs: 3000 }), "suspended", { reason: "deadline" });
  writeFileSync(`${workspace(f, "slow")}/go`, "");
  await f.invoke({ action: "send", run: "asks", text: "This." });
  const { answer } = await f.invoke({ action: "tick" });
  is(answer.schema, 1);
  is(answer.runs.map(({ run, status }) => `${run} ${status}`).sort(), ["asks completed", "slow completed"]);
  is([answer.left_out, answer.remaining], [0, 0]);
  is(journaled(f, "later", "invocation_started").length, 1);
  is((await f.invoke({ action: "tick" })).answer.runs, []);
  await ends(f);
});

finish();
