// Many environments over one memory directory, and one that serves many events.
import { readdirSync, writeFileSync } from "node:fs";
import { holds, finish, is, skip, test } from "./check.mjs";
import { commandOf, shows_descriptors, signal, strays } from "./processes.mjs";
import { comes, ends, journaled, lambda, lines, list, shell, stands, task, workspace } from "./function.mjs";

const ledger = (f, run) => lines(`${workspace(f, run)}/ledger`);
const waits_for_go = shell("echo begun >> ledger; while [ ! -e go ]; do sleep 0.1; done");
const begins = (f, run) => comes("the effect", () => ledger(f, run).length);
const go = (f, run) => writeFileSync(`${workspace(f, run)}/go`, "");

await test("a fleet: many runs at the same time, none in the way of another", async () => {
  const f = lambda();
  const entries = [1, 2, 3].map((number) => shell(`echo ${number} >> ledger`));
  const one = task("one", [...entries, { answer: "done" }]);
  const runs = [...Array(12).keys()].map((number) => `run-${number}`);
  const queue = [...runs];
  const serve = async () => {
    for (let run; (run = queue.pop()); )
      stands(await f.invoke({ task: one, run }), "completed", { run, steps_this_invocation: 4 });
  };
  await Promise.all([1, 2, 3, 4].map(serve));
  holds(f.started <= 4, `${f.started} environments`);
  is(runs.map((run) => ledger(f, run).join(" ")), runs.map(() => "1 2 3"));
  await ends(f);
});

await test("ticks at the same time share the work: each run goes on once", async () => {
  const f = lambda();
  const script = [{ call: { ask: { question: "May I?" } } }, shell("echo done >> ledger"), { answer: "done" }];
  const one = task("one", script, { tools: ["ask", "shell"] });
  const runs = [...Array(6).keys()].map((number) => `run-${number}`);
  for (const run of runs) {
    stands(await f.invoke({ task: one, run }), "waiting");
    await f.invoke({ action: "send", run, text: "Yes." });
  }
  const ticks = await Promise.all([1, 2, 3].map(() => f.invoke({ action: "tick" })));
  for (const { answer } of ticks) holds(answer, "a tick has no answer");
  await f.invoke({ action: "tick" });
  is(runs.map((run) => ledger(f, run)), runs.map(() => ["done"]));
  is(list(f).map(({ status }) => status), runs.map(() => "completed"));
  await ends(f);
});

await test("a message and an end by another environment reach a run while it is worked on", async () => {
  const f = lambda();
  const told = f.invoke({ task: task("told", [waits_for_go, shell("true"), { answer: "done" }]), run: "told" });
  await begins(f, "told");
  stands(await f.invoke({ action: "send", run: "told", text: "Hurry." }), "busy", { run: "told" });
  go(f, "told");
  stands(await told, "completed");
  is(journaled(f, "told", "user_said").map(({ text }) => text), ["Hurry."]);

  const ended = f.invoke({ task: task("ended", [waits_for_go, { answer: "done" }]), run: "ended" });
  await begins(f, "ended");
  holds((await f.invoke({ action: "cancel", run: "ended" })).answer, "no answer to a cancel");
  stands(await ended, "cancelled");
  is(f.started, 2);
  await ends(f);
});

await test("an environment that is frozen in the middle of an event keeps its run, and is not overtaken", async () => {
  const f = lambda();
  const event = { task: task("slow", [waits_for_go, { answer: "done" }]), run: "slow" };
  let frozen;
  const first = f.invoke(event, { during: (sandbox) => (frozen = sandbox) });
  await begins(f, "slow");
  for (const pid of frozen.members()) signal(pid, "SIGSTOP");
  stands(await f.invoke(event), "busy", { run: "slow" });
  go(f, "slow");
  for (const pid of frozen.members()) signal(pid, "SIGCONT");
  stands(await first, "completed");
  is(ledger(f, "slow"), ["begun"]);
  await ends(f);
});

await test("a process of an event that is killed, as for want of memory: the event fails, the environment lives on", async () => {
  const f = lambda();
  const event = { task: task("slow", [waits_for_go, { answer: "done" }]), run: "slow" };
  const works_on = (pid) => commandOf(pid).includes("--event");
  const during = (sandbox) =>
    begins(f, "slow").then(() => sandbox.members().filter(works_on).forEach((pid) => signal(pid, "SIGKILL")));
  is((await f.invoke(event, { during })).error?.errorType, "Agent.Internal");
  is(strays(f.options.memory, new Set()), [], "what is left");
  stands(await f.invoke(event), "completed");
  is(ledger(f, "slow"), ["begun"]);
  is(f.started, 1);
  await ends(f);
});

await test("an environment that serves many events stays as it was: no descriptor is lost", async () => {
  const f = lambda();
  const events = [
    { task: task("one", [shell("echo done"), { answer: "done" }]) },
    { action: "send", run: "nobody", text: "Hi." },
    { action: "tick" },
    { task: 5 },
    { task: task("big", [{ answer: "x".repeat(150000) }]) },
  ];
  for (const event of events) await f.invoke(event);
  const { pid } = f.sandboxes[0];
  const count = () => (shows_descriptors(pid) ? readdirSync(`/proc/${pid}/fd`).length : 0);
  if (!count()) skip("the number of descriptors", "only root can see it");
  const before = count();
  for (let times = 0; times < 5; times++) for (const event of events) await f.invoke(event);
  is(count(), before, "the descriptors");
  is(f.started, 1);
  await ends(f);
});

await test("an MCP server that does not end is ended with its event", async () => {
  const f = lambda();
  const server = new URL("../scripts/effects_server.mjs", import.meta.url).pathname;
  const ledger_path = `${f.options.memory}.ledger`;
  const stubborn = `trap '' TERM; sleep 600 & ${process.execPath} ${server} ${ledger_path} mcp; wait`;
  const script = [{ call: { s__mark: { what: "marked" } } }, { answer: "{{observations[0]}}" }];
  const tools = [{ mcp: { name: "s", command: ["sh", "-c", stubborn] } }];
  stands(await f.invoke({ task: task("marks", script, { tools }) }), "completed", { result: "marked" });
  is(lines(ledger_path), ["marked"]);
  await ends(f);
});

finish();
