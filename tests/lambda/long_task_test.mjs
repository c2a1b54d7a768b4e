// A task of many steps with an effect each, carried to its end by invocations that are too short for it.
import { holds, finish, is, skip, test } from "./check.mjs";
import { ends, journal, lambda, lines, shell, stands, task, workspace } from "./function.mjs";

const steps = 30;
const numbers = [...Array(steps).keys()].map((index) => index + 1);
const ledger = (pause) =>
  task(
    "ledger",
    [
      ...numbers.map((number) => ({ say: `Entry ${number}.`, ...shell(`echo ${number} >> ledger; sleep ${pause}`) })),
      { call: { read_file: { path: "ledger" } } }, // only reads: made again where it was interrupted
      { answer: `{{observations[${steps}]}}` },
    ],
    { tools: ["shell", "read_file"], limits: { stuck_after: 1000, steps: 50 } },
  );

// Each entry is there once, or nobody knows; each step was made once, in order; what was answered is what is there.
function check(f, answer) {
  const entries = lines(`${workspace(f, "ledger")}/ledger`).map(Number);
  const events = journal(f, "ledger");
  is(events.map(({ seq }) => seq), events.map((_, index) => index + 1), "the sequence");
  const said = events.filter(({ kind }) => kind === "model_replied").map(({ step }) => step);
  is(said, [...numbers, steps + 1, steps + 2], "the steps");
  const finished = events.filter(({ kind }) => kind === "tool_finished");
  is(finished.map(({ call }) => call), [...numbers, steps + 1].map((number) => `${number}.1`), "the calls");
  for (const number of numbers) {
    const times = entries.filter((entry) => entry === number).length;
    const { outcome } = finished[number - 1];
    const how_often = outcome === "ok" ? times === 1 : times <= 1;
    holds(how_often, `entry ${number} is there ${times} times, its outcome is ${outcome}`);
  }
  is(entries, [...entries].sort((a, b) => a - b), "the order");
  is(answer.result.trim(), entries.join("\n"), "the answer");
  return finished.filter(({ outcome }) => outcome !== "ok").length;
}

// One invocation after the other, each by the next of the functions, until the run ends. Where the machine is so slow that
// nothing gets done in an invocation, the next one has more time.
async function drive(functions, event, during) {
  let timeoutMs = 1500;
  let killed = false;
  for (let count = 1; count <= 150; count++) {
    const result = await functions[count % functions.length].invoke(event, { timeoutMs, during });
    if (result.answer?.status === "completed") return { answer: result.answer, count };
    if (killed && result.answer?.status === "busy") continue; // what was killed has not let go yet
    killed = result.error?.errorType === "Sandbox.Failure";
    const slow = result.error?.errorType === "Sandbox.Timedout" && timeoutMs < 5000;
    if (!killed && !slow) stands(result, "suspended", { reason: "deadline", retry_after_seconds: 0 });
    if (!killed && !result.answer?.steps_this_invocation) timeoutMs = Math.min(timeoutMs * 1.5, 20000);
  }
  throw new Error("it never ends");
}

await test("two environments in turn, frozen in between, carry a long task to its end: nothing lost, nothing twice", async () => {
  const one = lambda();
  const functions = [one, lambda({ memory: one.options.memory })];
  const { answer, count } = await drive(functions, { task: ledger(0.2), run: "ledger" });
  const unknown = check(one, answer);
  holds(count >= 4, `only ${count} invocations`);
  // A tool is stopped in good time, so that its end is known; that of the last call before a deadline may not be.
  holds(unknown < count, `${unknown} calls did not end well in ${count} invocations`);
  is(functions.map(({ started }) => started), [1, 1], "the environments");
  if (!one.sandboxes[0].is_seen) skip("whether a frozen environment has files open", "only root can see it");
  for (const f of functions) await ends(f);
});

await test("an environment that is killed at any instant loses no step and repeats no effect", async () => {
  const f = lambda();
  const seed = Number(process.env.LAMBDA_TEST_SEED ?? Date.now() % 1000000);
  let state = seed;
  const random = () => (state = (state * 48271 + 11) % 2147483647) / 2147483647;
  let kills = 0;
  const during = (sandbox) => {
    if (kills > 0 && random() < 0.25) return;
    kills++;
    setTimeout(() => sandbox.kill(), 20 + random() * 600);
  };
  try {
    const { answer } = await drive([f], { task: ledger(0.05), run: "ledger" }, during);
    check(f, answer);
    await ends(f);
  } catch (error) {
    error.message += ` (LAMBDA_TEST_SEED=${seed})`;
    throw error;
  }
});

finish();
