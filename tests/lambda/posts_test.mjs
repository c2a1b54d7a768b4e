// Answers that are large, refused, or lost on their way.
import { readFileSync } from "node:fs";
import { Sandbox } from "./emulator.mjs";
import { holds, finish, is, says, test } from "./check.mjs";
import { agentd, ends, lambda, shell, stands, task } from "./function.mjs";

const event = { task: task("said", [shell("echo ok"), { answer: "{{observations[0]}}" }]), run: "said" };

await test("an answer of a megabyte is in a file, and the event is answered with its path", async () => {
  const f = lambda();
  const whole = `${"A long answer. ".repeat(70000)}The end.`;
  const long = { task: task("long", [{ answer: whole }]), run: "long" };
  for (let times = 0; times < 2; times++) {
    const result = await f.invoke(long);
    const { result_path } = stands(result, "completed", { result: null });
    is(readFileSync(result_path, "utf8"), whole);
    holds(Buffer.byteLength(result.body) < 200000, "the answer is too long");
  }
  await ends(f);
});

await test("an event of six megabytes is read, and an answer with bytes that are no text is JSON", async () => {
  const f = lambda();
  const script = [shell("printf 'a\\377\\000b'"), { answer: "{{observations[0]}}" }];
  const one = task("one", script, { inputs: { text: { type: "string" } } });
  const { result } = stands(await f.invoke({ task: one, inputs: { text: "x".repeat(6200000) } }), "completed");
  holds(result.startsWith("a") && result.endsWith("b"), result);
  for (const { headers } of f.sandboxes[0].api.posts) {
    is(headers["content-type"], "application/json");
    is([headers["transfer-encoding"], headers.expect], [undefined, undefined], "the headers");
  }
  await ends(f);
});

await test("many and long questions, calls and errors leave the answer under 200 KB", async () => {
  const f = lambda();
  const calls = [...Array(40).keys()].map(() => ({ shell: { command: `true ${"x".repeat(20000)}` } }));
  const asks = task("asks", [{ calls }, { answer: "done" }], { permissions: [{ ask: "shell" }] });
  const { pending } = stands(await f.invoke({ task: asks, run: "asks" }), "waiting");
  holds(pending.length > 0, "nothing is pending");
  await ends(f);
});

for (const [how, fault] of [
  ["refused as too large, as the real one does it", "oversize"],
  ["refused as too large, and an error is still taken", "refuse"],
])
  await test(`an answer that is ${how}: a small error for the same request, and life goes on`, async () => {
    const f = lambda({ fault: ({ kind, number }) => (kind === "response" && number === 0 ? fault : null) });
    const refused = await f.invoke(event, { id: "r" });
    is(refused.error.errorType, fault === "oversize" ? "Function.ResponseSizeTooLarge" : "Agent.Internal");
    stands(await f.invoke(event), "completed", { result: "ok", steps_this_invocation: 0 });
    is(f.started, 1, "the environments");
    const posts = f.sandboxes[0].api.posts;
    is(posts.map(({ path, status }) => `${path} ${status}`).slice(0, 2), [
      "invocation/r/response 413",
      `invocation/r/error ${fault === "oversize" ? 403 : 202}`,
    ]);
    holds(posts[1].size < 10000, "the error is not small");
    await ends(f);
  });

for (const fault of ["lose", "drop"])
  await test(`a connection that breaks when the answer is sent (${fault}) costs no more than that answer`, async () => {
    const f = lambda({ timeoutMs: 5000, fault: ({ kind, number }) => (kind === "response" && number === 0 ? fault : null) });
    const results = await f.invokeAsync(event);
    stands(results[results.length - 1], "completed", { result: "ok" });
    for (const { error } of results.slice(0, -1))
      holds(["Agent.Internal", "Runtime.ExitError"].includes(error.errorType), `the error is ${error.errorType}`);
    stands(await f.invoke(event), "completed", { result: "ok", steps_this_invocation: 0 });
    await ends(f);
  });

await test("connections that are closed after each answer are opened again", async () => {
  const f = lambda({ closing: true });
  for (let times = 0; times < 3; times++) stands(await f.invoke(event), "completed");
  is(f.started, 1);
  await ends(f);
});

await test("a connection that died while the environment was frozen is no error", async () => {
  const f = lambda();
  stands(await f.invoke(event), "completed");
  f.sandboxes[0].api.reset();
  stands(await f.invoke(event), "completed", { steps_this_invocation: 0 });
  is(f.started, 1);
  await ends(f);
});

await test("a `next` that fails ends the process at once and not with 0; the event then goes to a new environment", async () => {
  const f = lambda();
  stands(await f.invoke(event), "completed");
  const [first] = f.sandboxes;
  first.api.close();
  first.api.reset();
  const begun = Date.now();
  const { code } = await first.terminate("SIGCONT");
  holds(code > 0, `exit status ${code}`);
  holds(Date.now() - begun < 10000, "it took its time");
  says(first.stderr, "next");
  stands(await f.invoke(event), "completed", { steps_this_invocation: 0 });
  is(f.started, 2);
  await ends(f);
});

await test("where there is no Runtime API, the process ends at once and not with 0", async () => {
  const memory = lambda().options.memory;
  const wrong = new Sandbox({ command: [agentd, "lambda"], memory, environment: { AWS_LAMBDA_RUNTIME_API: "127.0.0.1:1" } });
  await wrong.start();
  holds(wrong.ended.code > 0, `exit status ${wrong.ended.code}`);
  const unset = new Sandbox({ command: [agentd, "lambda"], memory, environment: { AWS_LAMBDA_RUNTIME_API: null } });
  await unset.start();
  is(unset.ended.code, 2);
  says(unset.stderr, "AWS_LAMBDA_RUNTIME_API");
});

await test("proxies of the environment are for the model alone", async () => {
  const proxy = "http://127.0.0.1:1";
  const f = lambda({ environment: { http_proxy: proxy, HTTP_PROXY: proxy, https_proxy: proxy, ALL_PROXY: proxy } });
  stands(await f.invoke(event), "completed");
  await ends(f);
});

finish();
