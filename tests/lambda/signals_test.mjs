// SIGTERM, as a shutdown sends it.
import { Sandbox } from "./emulator.mjs";
import { finish, here, holds, is, test } from "./check.mjs";
import { signal } from "./processes.mjs";
import { agentd, comes, ends, journaled, lambda, lines, shell, stands, task, workspace } from "./function.mjs";

const slow = (more) => ({ task: task("slow", [shell(`echo begun >> ledger; sleep 60`), { answer: "done" }], more), run: "slow" });
const terminate = (f) => (sandbox) =>
  comes("the effect", () => lines(`${workspace(f, "slow")}/ledger`).length).then(() => signal(sandbox.pid, "SIGTERM"));

await test("SIGTERM while no event is there ends it with 0", async () => {
  const f = lambda();
  stands(await f.invoke({ task: task("one", [{ answer: "done" }]) }), "completed");
  const [sandbox] = f.sandboxes;
  is(await sandbox.terminate(), { code: 0, signal: null });
  await ends(f);
});

await test("SIGTERM before the first event ends it with 0", async () => {
  const one = new Sandbox({ command: [agentd, "lambda"], memory: here });
  await one.start();
  is(await one.terminate(), { code: 0, signal: null });
});

await test("SIGTERM during an event: what was done is durable, the answer is suspended, then it ends with 0", async () => {
  const f = lambda();
  let sandbox;
  const during = (one) => terminate(f)((sandbox = one));
  const result = await f.invoke(slow(), { timeoutMs: 60000, during });
  stands(result, "suspended", { reason: "signal", run: "slow", step: 1, retry_after_seconds: 0 });
  holds(result.milliseconds < 50000, `it took ${result.milliseconds} ms`);
  is(await sandbox.exit, { code: 0, signal: null });
  is(journaled(f, "slow", "model_replied").length, 1);
  await ends(f);
});

await test("SIGTERM during a batch: all that has not ended comes again", async () => {
  const f = lambda();
  const record = (messageId, event) => ({ messageId, eventSource: "aws:sqs", body: JSON.stringify(event) });
  const Records = [record("m1", slow()), record("m2", { task: task("other", [{ answer: "x" }]), run: "other" })];
  const { answer } = await f.invoke({ Records }, { timeoutMs: 60000, during: terminate(f) });
  is(answer?.batchItemFailures, [{ itemIdentifier: "m1" }, { itemIdentifier: "m2" }]);
  await ends(f);
});

finish();
