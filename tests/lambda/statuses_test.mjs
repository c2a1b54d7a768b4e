// Every way in which a run may stand is an answer; an invocation that was itself no good is an error with a type.
import { mkdirSync, writeFileSync } from "node:fs";
import { Sandbox } from "./emulator.mjs";
import { here, holds, finish, is, says, test } from "./check.mjs";
import { agentd, ends, journaled, lambda, lines, shell, stands, task, workspace } from "./function.mjs";

const f = lambda();
const files = `${here}/image`;
mkdirSync(files);
const in_image = (name, text) => {
  writeFileSync(`${files}/${name}`, typeof text === "string" ? text : JSON.stringify(text));
  return `${files}/${name}`;
};
const done = [{ answer: "done" }];

await test("completed, by a task of the image and by one in the event, with inputs and a JSON answer", async () => {
  const greets = task("greets", [{ answer: "Hello {{inputs.name}}, {{inputs.times}} times." }], {
    inputs: { name: { type: "string", required: true }, times: { type: "integer", default: 1 } },
  });
  const inputs = { name: "Ada", times: 3 };
  const path = in_image("greets.yaml", greets);
  const said = { result: "Hello Ada, 3 times.", error: null, step: 1 };
  const one = stands(await f.invoke({ task: path, inputs }), "completed", said);
  stands(await f.invoke({ task: greets, inputs }), "completed", { run: one.run, steps_this_invocation: 0 });
  const object = task("object", [{ answer: '{"summary": "short"}' }], {
    output: { schema: { type: "object", properties: { summary: { type: "string" } }, required: ["summary"] } },
  });
  stands(await f.invoke({ task: object }), "completed", { result: { summary: "short" } });
});

await test("failed, and every time again", async () => {
  const event = { task: task("fails", done, { verify: [{ shell: "false", attempts: 1 }] }), run: "fails" };
  for (let times = 0; times < 2; times++) {
    const { error } = stands(await f.invoke(event), "failed", { result: null });
    holds(error.message, "the error says nothing");
  }
});

await test("suspended until a time that the answer names, for a machine and for a person", async () => {
  const waits = { task: task("waits", [{ call: { wait: { for: "1h" } } }, ...done], { tools: ["wait"] }), run: "waits" };
  for (let times = 0; times < 2; times++) {
    const answer = stands(await f.invoke(waits), "suspended", { reason: "timer" });
    const seconds = (Date.parse(answer.resume_at) - Date.now()) / 1000;
    holds(Math.abs(seconds - answer.retry_after_seconds) < 60 && seconds > 3000, `${answer.resume_at}: ${seconds}`);
    holds(Number.isInteger(answer.retry_after_seconds), "no whole number");
  }
  is(journaled(f, "waits", "invocation_started").length, 1);
});

await test("waiting for an approval, which an event gives or refuses", async () => {
  const script = [shell("echo paid >> ledger"), { answer: "{{observations[0]}}" }];
  const pays = task("pays", script, { permissions: [{ ask: "shell" }] });
  for (const run of ["approved", "denied"]) {
    const { pending } = stands(await f.invoke({ task: pays, run }), "waiting", { reason: "approval" });
    is(pending, [{ call: "1.1", tool: "shell", arguments: { command: "echo paid >> ledger" } }]);
    stands(await f.invoke({ action: "resume", run }), "waiting", { steps_this_invocation: 0 });
  }
  const can_go_on = { retry_after_seconds: 0, pending: [] };
  stands(await f.invoke({ action: "approve", run: "approved", call: "1.1" }), "suspended", can_go_on);
  stands(await f.invoke({ action: "resume", run: "approved" }), "completed");
  is(lines(`${workspace(f, "approved")}/ledger`), ["paid"]);
  stands(await f.invoke({ action: "deny", run: "denied", why: "Too dear." }), "suspended", can_go_on);
  const denied = stands(await f.invoke({ task: pays, run: "denied" }), "completed");
  says(denied.result, "Too dear.");
  is(lines(`${workspace(f, "denied")}/ledger`), []);
});

await test("waiting for two approvals: with one of them it waits for the other; that of another call is a mistake", async () => {
  const calls = [1, 2].map((number) => ({ shell: { command: `echo ${number} >> ledger` } }));
  const pays = task("pays", [{ calls }, { answer: "paid" }], { permissions: [{ ask: "shell" }] });
  is(stands(await f.invoke({ task: pays, run: "two" }), "waiting").pending.map(({ call }) => call), ["1.1", "1.2"]);
  is((await f.invoke({ action: "approve", run: "two", call: "9.9" })).error?.errorType, "Agent.BadEvent");
  const one = stands(await f.invoke({ action: "approve", run: "two", call: "1.1" }), "waiting");
  is(one.pending.map(({ call }) => call), ["1.2"]);
  is(stands(await f.invoke({ action: "resume", run: "two" }), "waiting").pending.map(({ call }) => call), ["1.2"]);
  is(lines(`${workspace(f, "two")}/ledger`), []);
  stands(await f.invoke({ action: "approve", run: "two" }), "suspended", { pending: [] });
  stands(await f.invoke({ action: "resume", run: "two" }), "completed");
  is(lines(`${workspace(f, "two")}/ledger`).sort(), ["1", "2"]);
});

await test("waiting for an answer, which an event sends", async () => {
  const script = [{ call: { ask: { question: "Which?" } } }, { answer: "{{observations[0]}}" }];
  const asks = task("asks", script, { tools: ["ask"] });
  const { pending } = stands(await f.invoke({ task: asks, run: "asks" }), "waiting", { reason: "question" });
  is(pending, [{ call: "1.1", question: "Which?" }]);
  stands(await f.invoke({ action: "send", run: "asks", text: "This one." }), "suspended", { retry_after_seconds: 0 });
  stands(await f.invoke({ action: "resume", run: "asks" }), "completed", { result: "This one." });
});

await test("limit, and cancelled for good", async () => {
  const limited = task("limited", [shell("true"), ...done], { limits: { steps: 1 } });
  stands(await f.invoke({ task: limited, run: "limited" }), "limit", { result: null });
  stands(await f.invoke({ task: { ...limited, limits: { steps: 5 } }, run: "limited" }), "completed");
  const waits = task("waits", [{ call: { wait: { for: "1h" } } }, ...done], { tools: ["wait"] });
  await f.invoke({ task: waits, run: "off" });
  stands(await f.invoke({ action: "cancel", run: "off" }), "cancelled");
  for (let times = 0; times < 2; times++) stands(await f.invoke({ action: "resume", run: "off" }), "cancelled");
});

await test("storage, where the journal of one run is broken; others go on in the same environment", async () => {
  const event = { task: task("broken", [shell("true"), ...done]), run: "broken" };
  stands(await f.invoke(event), "completed");
  writeFileSync(`${f.options.memory}/runs/broken/journal.db`, "This is no database. ".repeat(1000));
  for (const each of [event, { action: "resume", run: "broken" }, { action: "cancel", run: "broken" }]) {
    const { error } = stands(await f.invoke(each), "storage", { run: "broken", result: null });
    holds(error.message, "the error says nothing");
  }
  stands(await f.invoke({ ...event, run: "whole" }), "completed");
});

const task_of = { task: task("fine", done) };
for (const [what, event, words] of [
  ["no JSON", Buffer.from("{not JSON"), "JSON"],
  ["nothing", Buffer.from(""), "JSON"],
  ["no UTF-8", Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), "JSON"],
  ["no object", [1, 2], "JSON object"],
  ["null", null, "JSON object"],
  ["no task", {}, "task"],
  ["a task that is a number", { task: 5 }, "task"],
  ["a task that is not in the image", { task: "/nowhere/task.yaml" }, "/nowhere/task.yaml"],
  ["a task with a mistake", { task: { ...task_of.task, gaol: "x" } }, "goal"],
  ["a near miss", { ...task_of, imputs: { a: 1 } }, "inputs"],
  ["inputs that are a text", { ...task_of, inputs: "a=1" }, "inputs"],
  ["an input that the task does not have", { ...task_of, inputs: { a: 1 } }, "a"],
  ["an unknown action", { ...task_of, action: "start" }, "start"],
  ["an action that is a number", { ...task_of, action: 7 }, "action"],
  ["a run that is a path", { ...task_of, run: "../x" }, "../x"],
  ["a run that is a number", { ...task_of, run: 7 }, "run"],
  ["no run to go on with", { action: "resume" }, "run"],
  ["a run that is not there", { action: "resume", run: "nobody" }, "nobody"],
  ["a message to a run that is not there", { action: "send", run: "nobody", text: "Hi" }, "nobody"],
  ["a message without a text", { action: "send", run: "whole" }, "text"],
  ["an approval of what is no call", { action: "approve", run: "whole", call: "first" }, "first"],
  ["a batch that is none of SQS", { Records: [{ eventSource: "aws:s3" }] }, "SQS"],
  ["records that are no list", { Records: "many" }, "SQS"],
])
  await test(`Agent.BadEvent: ${what}`, async () => {
    const { error, headers } = await f.invoke(event);
    is(error?.errorType, "Agent.BadEvent");
    is(Object.keys(error), ["errorType", "errorMessage", "stackTrace"]);
    is(headers["lambda-runtime-function-error-type"], "Agent.BadEvent");
    says(error.errorMessage, words);
  });

await test("what a scheduler adds to an event stays unread", async () => {
  const added = { "detail-type": "Scheduled Event", account: "012345678912", id: "1", time: "2026-11-23T00:00:00Z" };
  stands(await f.invoke({ ...task_of, ...added }), "completed");
});

await test("a deeply nested event is no good, and the environment lives on", async () => {
  const { error } = await f.invoke(Buffer.from(`{"task":${"[".repeat(200000)}${"]".repeat(200000)}}`));
  is(error?.errorType, "Agent.BadEvent");
  stands(await f.invoke(task_of), "completed");
});

await test("Agent.Config: a key is missing, or a task of the image has a mistake", async () => {
  const model = { provider: "openai", name: "m" };
  is((await f.invoke({ task: { version: 1, name: "keyless", goal: "Go.", model } })).error?.errorType, "Agent.Config");
  const broken = await f.invoke({ task: in_image("broken.yaml", "version: 1\nname: broken\ngaol: x\n") });
  is(broken.error?.errorType, "Agent.Config");
  says(broken.error.errorMessage, "broken.yaml:3");
});

await test("nothing was held all the while, by one and the same environment", async () => {
  is(f.started, 1);
  await ends(f);
});

await test("Agent.Storage: the memory directory is a file, or cannot be made", async () => {
  writeFileSync(`${here}/file`, "");
  for (const memory of [`${here}/file`, `${here}/file/below`, "/proc/agent_memory"]) {
    const g = lambda({ memory });
    const events = [task_of, { action: "tick" }, { action: "resume", run: "x" }];
    for (const event of events) is((await g.invoke(event)).error?.errorType, "Agent.Storage", memory);
    await g.close();
  }
});

await test("a broken config.yaml is an error of the start, told before any event, with exit status 1", async () => {
  mkdirSync(`${here}/config/agentd`, { recursive: true });
  writeFileSync(`${here}/config/agentd/config.yaml`, "modle: {}\n");
  const one = new Sandbox({ command: [agentd, "lambda"], memory: here, environment: { XDG_CONFIG_HOME: `${here}/config` } });
  await one.start();
  is(one.initError?.errorType, "Agent.Config");
  says(one.initError.errorMessage, "config.yaml:1");
  is(one.ended, { code: 1, signal: null });
  is(one.api.posts.map(({ path, status }) => `${path} ${status}`), ["init/error 202"]);
  is(one.api.posts[0].headers["lambda-runtime-function-error-type"], "Agent.Config");
});

finish();
