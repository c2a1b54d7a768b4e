// Whatever takes too long, the event is answered `suspended` before its time is up, and the run goes on later.
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { finish, holds, is, skip, test } from "./check.mjs";
import { agentd, comes, ends, journaled, lambda, lines, shell, stands, task, workspace } from "./function.mjs";
import { complete, model_server } from "./model_server.mjs";
import { commandOf, signal, strays } from "./processes.mjs";

const timeoutMs = 6000;
const ledger = (f) => lines(`${workspace(f, "slow")}/ledger`);
const event_of = (command) => ({ task: task("slow", [shell(command), { answer: "done" }]), run: "slow" });
const suspended = (result) => {
  holds(result.milliseconds < timeoutMs, `it took ${result.milliseconds} ms`);
  return stands(result, "suspended", { reason: "deadline", run: "slow" });
};

await test("a tool that does not mind SIGTERM, with children that have left its group", async () => {
  const f = lambda({ timeoutMs });
  const stubborn = "trap '' TERM INT HUP";
  const leaves = `setsid sh -c "${stubborn}; echo begun >> ledger; while :; do sleep 1; done" &`;
  const event = event_of(`${stubborn}; ${leaves} while :; do sleep 1; done`);
  suspended(await f.invoke(event));
  is(ledger(f), ["begun"]);
  is(strays(f.options.memory, new Set()), [], "what is left");
  // The call was made: it is not made again.
  stands(await f.invoke(event), "completed");
  is(ledger(f), ["begun"]);
  is(f.started, 1);
  await ends(f);
});

for (const [what, answer] of [
  ["never answers", () => {}],
  ["sends a byte now and then for ever", ({ response }) => {
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      const timer = setInterval(() => response.write(": wait\n\n"), 100);
      response.on("close", () => clearInterval(timer));
    }],
  ["is busy and says so every time", ({ response }) => response.writeHead(429, { "Retry-After": "1" }).end("{}")],
])
  await test(`a model's server that ${what}`, async () => {
    let works = false;
    const late = ({ response }) => complete(response, { role: "assistant", content: "At last." });
    const server = await model_server((exchange) => (works ? late : answer)(exchange));
    const model = { provider: "openai", name: "m", base_url: server.url, stream: false };
    const event = { task: { version: 1, name: "slow", goal: "Go.", model }, run: "slow" };
    const f = lambda({ timeoutMs });
    const result = await f.invoke(event);
    holds(result.milliseconds < timeoutMs, `it took ${result.milliseconds} ms`);
    stands(result, "suspended");
    holds(server.requests.length > 0, "nothing was asked");
    works = true;
    const { retry_after_seconds } = result.answer;
    if (retry_after_seconds > 0) await new Promise((resolve) => setTimeout(resolve, retry_after_seconds * 1000));
    stands(await f.invoke(event), "completed", { result: "At last." });
    await ends(f);
  });

await test("a process that hangs, as in a file system that is gone", async () => {
  const f = lambda({ timeoutMs });
  const event = event_of("echo begun >> ledger; while [ ! -e go ]; do sleep 0.1; done");
  const works_on = (pid) => commandOf(pid).includes("--event");
  const hang = (sandbox) =>
    comes("the effect", () => ledger(f).length).then(() => {
      for (const pid of sandbox.members().filter(works_on)) signal(pid, "SIGSTOP");
    });
  suspended(await f.invoke(event, { during: hang }));
  is(strays(f.options.memory, new Set()), [], "what is left");
  stands(await f.invoke(event), "completed");
  is(ledger(f), ["begun"]);
  is(journaled(f, "slow", "tool_finished").map(({ outcome }) => outcome), ["unknown"]);
  is(f.started, 1);
  await ends(f);
});

await test("a tick over runs that take too long: the answer says that there is more to do", async () => {
  const f = lambda({ timeoutMs });
  const script = [{ call: { ask: { question: "May I?" } } }, shell("echo begun >> ledger; sleep 300"), { answer: "done" }];
  const one = task("one", script, { tools: ["ask", "shell"] });
  for (const run of ["a", "b", "c"]) {
    stands(await f.invoke({ task: one, run }), "waiting");
    await f.invoke({ action: "send", run, text: "Yes." });
  }
  const { answer, milliseconds } = await f.invoke({ action: "tick" });
  holds(milliseconds < timeoutMs, `it took ${milliseconds} ms`);
  is(answer?.status, "suspended");
  holds(answer.runs.length > 0, "no run was gone on with");
  is(strays(f.options.memory, new Set()), [], "what is left");
  await ends(f);
});

await test("an event whose time is up when it comes", async () => {
  const f = lambda();
  const event = event_of("echo begun >> ledger");
  for (const told_ms of [-5000, 0, 1]) stands(await f.invoke(event, { told_ms }), "suspended", { reason: "deadline" });
  is(ledger(f), []);
  stands(await f.invoke(event), "completed");
  await ends(f);
});

const slow_disk = (delay) => {
  const calls = "fsync,fdatasync";
  const words = ["-D", "-f", "-qq", "-o", "/dev/null", "-e", `trace=${calls}`, "-e", `inject=${calls}:delay_enter=${delay}`];
  return ["strace", ...words, agentd, "lambda"];
};

if (spawnSync("strace", ["-D", "-o", "/dev/null", "true"]).status !== 0) skip("slow disks", "strace is missing or not permitted");
else
  await test("a disk that takes a third of a second for every commit", async () => {
    const f = lambda({ timeoutMs, command: slow_disk(300000), inspect: false });
    const script = [...Array(40).keys()].map((number) => shell(`echo ${number} >> ledger`));
    const event = { task: task("slow", [...script, { answer: "done" }]), run: "slow" };
    // Which of the two clocks stops it first is up to the machine.
    for (let times = 0; times < 2; times++) stands(await f.invoke(event), "suspended", { run: "slow" });
    const fast = lambda({ memory: f.options.memory });
    stands(await fast.invoke(event), "completed");
    const entries = ledger(f);
    is(entries, [...new Set(entries)], "the entries");
    is(f.started, 1);
    is(await f.close(), []);
    await ends(fast);
  });

finish();
