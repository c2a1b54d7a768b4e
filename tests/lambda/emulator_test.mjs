// The emulator itself: does it do what Lambda does, and does it see what is held? Without agentd.
import { mkdirSync } from "node:fs";
import { Lambda, Sandbox } from "./emulator.mjs";
import { processes } from "./processes.mjs";
import { finish, here, holds, is, says, test } from "./check.mjs";

const memory = `${here}/memory`;
mkdirSync(memory);
const command = [process.execPath, new URL("fake_bootstrap.mjs", import.meta.url).pathname];
const sandbox = (more = {}) => new Sandbox({ command, memory, ...more });
// Node.js has threads.
const but_threads = (held) => held.filter((what) => !/^\d+ threads$/.test(what));
const alive = (pid) => processes().some((each) => each.pid === pid && each.state !== "Z");

await test("an event, its headers and the environment arrive; between two invocations the process is stopped", async () => {
  const one = await sandbox({ environment: { EXTRA: "1" } }).start();
  is(processes().find(({ pid }) => pid === one.pid).state, "T");
  const before = Date.now();
  const { answer, held } = await one.invoke({ do: "echo" }, { timeoutMs: 5000, id: "one-1" });
  is(answer.event, { do: "echo" });
  is(answer.headers["lambda-runtime-aws-request-id"], "one-1");
  const deadline = Number(answer.headers["lambda-runtime-deadline-ms"]);
  holds(deadline >= before + 5000 && deadline <= Date.now() + 5000, "the deadline is another");
  is(answer.environment.HOME, undefined);
  is(answer.environment.EXTRA, "1");
  is(but_threads(held), []);
  is(processes().find(({ pid }) => pid === one.pid).state, "T");
  is((await one.invoke({ do: "sleep", ms: 1 })).answer, "slept");
  is(await one.terminate(), { code: 0, signal: null });
});

await test("what is held between two invocations is seen: threads, children, files, connections", async () => {
  const one = await sandbox().start();
  says(one.held, "threads");
  const left = await one.invoke({ do: "leave" });
  says(left.held, "child ");
  const { held } = await one.invoke({ do: "hold", file: `${memory}/file` });
  says(held, `${memory}/file`);
  says((await one.invoke({ do: "listen" })).held, "socket ");
  await one.kill();
  holds(!one.members().some(alive), "something lives on");
});

await test("at the deadline the whole tree is killed, with what has left it", async () => {
  const one = await sandbox().start();
  const members = new Set();
  const looks = setInterval(() => one.members().forEach((pid) => members.add(pid)), 20);
  const { error } = await one.invoke({ do: "tree" }, { timeoutMs: 3000, id: "t" });
  clearInterval(looks);
  is(error, { errorType: "Sandbox.Timedout", errorMessage: "RequestId: t Error: Task timed out after 3.00 seconds" });
  holds(members.size >= 4, `only ${members.size} processes were seen`);
  is([...members].filter(alive), []);
});

await test("what was answered before the deadline is answered, though the environment is killed then", async () => {
  const one = await sandbox().start();
  const { answer, held } = await one.invoke({ do: "linger" }, { timeoutMs: 1000 });
  is(answer, "lingers");
  says(held, "deadline");
  is(one.ended?.signal, "SIGKILL");
});

await test("errors, early ends and failed starts are told as Lambda tells them", async () => {
  const one = await sandbox().start();
  const failed = await one.invoke({ do: "error" });
  is(failed.error, { errorType: "Fake.Error", errorMessage: "no" });
  is(failed.headers["lambda-runtime-function-error-type"], "Fake.Error");
  is((await one.invoke({ do: "exit", code: 3 }, { id: "x" })).error, {
    errorType: "Runtime.ExitError",
    errorMessage: "RequestId: x Error: Runtime exited with error: exit status 3",
  });
  const function_ = new Lambda({ command, memory, environment: { INIT: "error" } });
  is((await function_.invoke({})).error, { errorType: "Fake.Config", errorMessage: "no" });
  const exits = await new Lambda({ command, memory, environment: { INIT: "exit" } }).invoke({});
  says(exits.error.errorMessage, "exit status 7");
  const hangs = await sandbox({ environment: { INIT: "hang" }, initMs: 300 }).start();
  is(hangs.ended.signal, "SIGKILL");
});

await test("a second answer, a wrong id, a wrong place and too much are refused with the real codes", async () => {
  const one = await sandbox().start();
  is((await one.invoke({ do: "twice" })).answer, "first");
  const big = await one.invoke({ do: "big", bytes: 6291557 });
  is(big.error.errorType, "Function.ResponseSizeTooLarge");
  is((await one.invoke({ do: "big", bytes: 6291556 })).answer.length, 6291554);
  is((await one.invoke({ do: "wrong" })).answer, { same: true });
  await one.kill();
  const transition = (from, to) => {
    const errorMessage = `State transition from ${from} to ${to} failed for runtime. Error: State transition is not allowed`;
    return `403 ${JSON.stringify({ errorMessage, errorType: "InvalidStateTransition" })}`;
  };
  is(one.stderr.trim().split("\n"), [
    '202 {"status":"OK"}',
    transition("ResponseSent", "InvocationResponse"),
    '413 {"errorMessage":"Exceeded maximum allowed payload size (6291556 bytes).","errorType":"RequestEntityTooLarge"}',
    transition("ResponseSent", "InvocationErrorResponse"),
    '202 {"status":"OK"}',
    transition("ResponseSent", "InvocationErrorResponse"),
    '400 {"errorMessage":"Invalid request ID","errorType":"InvalidRequestID"}',
    transition("Running", "InitError"),
    '404 {"errorMessage":"404 page not found","errorType":"NotFound"}',
  ]);
});

await test("posts are spoilt as asked", async () => {
  const faults = ["lose", "refuse", "drop"];
  const one = await sandbox({ fault: () => faults.shift() }).start();
  is((await one.invoke({ do: "stubborn" })).answer, "at last");
  is(one.api.posts.map(({ status }) => status), [0, 413, 202, 403]);
  await one.kill();
});

await test("a function uses a free sandbox again, starts another one, retries with the same id and delivers twice", async () => {
  const f = new Lambda({ command, memory, timeoutMs: 5000 });
  await f.invoke({ do: "echo" });
  await f.invoke({ do: "echo" });
  is(f.started, 1);
  is((await f.invokeTwice({ do: "sleep", ms: 50 })).map(({ answer }) => answer), ["slept", "slept"]);
  is(f.started, 2);
  const results = await f.invokeAsync({ do: "die" }, { id: "same" });
  is(results.map(({ id, error }) => `${id} ${error.errorType}`), Array(3).fill("same Runtime.ExitError"));
  says(results[0].error.errorMessage, "signal: SIGKILL");
  is((await f.invokeAsync({ do: "echo" })).length, 1);
  is(await f.close(), []);
});

finish();
