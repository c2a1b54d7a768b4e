// What the environment and the events say stays out of what the function prints, and keys out of what it answers.
import { finish, holds, is, says, test } from "./check.mjs";
import { ends, lambda, shell, stands, task } from "./function.mjs";
import { complete, model_server } from "./model_server.mjs";

const canaries = {
  OPENAI_API_KEY: "sk-canary-9876543210-zyxwvutsrqponm",
  CANARY: "q+9-w7~x-cAnArY-0123456789-abcdefghij",
  AWS_SECRET_ACCESS_KEY: "canary/0123456789+secret/abcdefghijklmnop",
  AWS_SESSION_TOKEN: "canary-session-9876543210-zyxwvutsrqponm",
};
const secrets = Object.values(canaries);
const forms = secrets.flatMap((secret) => [secret, Buffer.from(secret).toString("base64").slice(0, 24)]);
const hidden = (text, what) => {
  for (const form of forms) holds(!text.includes(form), `${what} tells ${form}`);
};

await test("keys are in no answer and nowhere on stdout and stderr, though tools and servers repeat them", async () => {
  const f = lambda({ environment: canaries });
  const told = [];
  const ask = async (event) => {
    const result = await f.invoke(event);
    told.push(result.body);
    return result;
  };
  const env = { TOKEN: "${CANARY}" };
  const leaks = task(
    "leaks",
    [
      shell('echo "$TOKEN"; echo "$TOKEN" | base64; env; cat /proc/*/environ 2>/dev/null | tr "\\0" "\\n"; echo "$TOKEN" >&2'),
      { answer: `{{observations[0]}} ${canaries.CANARY} ${canaries.OPENAI_API_KEY}` },
    ],
    { tools: [{ shell: { env } }] },
  );
  says(stands(await ask({ task: leaks }), "completed").result, "[secret]");

  const echoes = await model_server(({ request, response, count }) => {
    const { authorization } = request.headers;
    if (count === 1) return response.writeHead(401).end(JSON.stringify({ error: { message: `No such key: ${authorization}` } }));
    return complete(response, { role: "assistant", content: `You sent ${authorization}` });
  });
  const model = { provider: "openai", name: "m", base_url: echoes.url, stream: false };
  const event = { task: { version: 1, name: "echoes", goal: "Go.", model }, run: "echoes" };
  stands(await ask(event), "failed");
  says(stands(await ask(event), "completed").result, "You sent");

  // Without a task that names it, CANARY is a variable like any other.
  for (const secret of secrets.filter((each) => each !== canaries.CANARY))
    for (const wrong of [{ action: secret }, { run: `../${secret}`, task: leaks }, { task: secret }, { [secret]: 1 }])
      is((await ask(wrong)).error?.errorType, "Agent.BadEvent");
  await ends(f);
  for (const text of told) hidden(text, "an answer");
  hidden(f.output, "the log");
});

await test("what events say is not in the log", async () => {
  const f = lambda();
  const mark = "PAYLOAD-0123456789";
  const says_it = task("says", [shell(`echo ${mark}`), { answer: `${mark} {{inputs.text}}` }], {
    goal: `Say ${mark}.`,
    inputs: { text: { type: "string" } },
  });
  const asks = { task: task("asks", [{ call: { ask: { question: mark } } }, { answer: mark }], { tools: ["ask"] }), run: "asks" };
  const events = [
    { task: says_it, inputs: { text: mark } },
    { task: { ...says_it, verify: [{ shell: `echo ${mark}; false`, attempts: 1 }] }, run: "fails", inputs: { text: mark } },
    asks,
    { action: "send", run: "asks", text: mark },
    { action: "cancel", run: "asks", why: mark },
    { inputs: { text: mark } },
    { task: says_it, inputs: mark },
    { action: "send", run: "nobody", text: mark },
    Buffer.from(`{"task": "${mark}`),
    { Records: [{ eventSource: "aws:sqs", messageId: "m", body: JSON.stringify({ task: says_it, inputs: { text: mark } }) }] },
    { Records: [{ eventSource: "aws:sqs", messageId: "m", body: `{"task": "${mark}` }] },
  ];
  for (const event of events) {
    const { answer, error } = await f.invoke(event);
    holds(answer || error, "no answer");
  }
  await ends(f);
  holds(f.output.split("\n").length > events.length, "the log says too little");
  holds(!f.output.includes(mark), `the log tells: ${f.output.split("\n").find((line) => line.includes(mark))}`);
});

finish();
