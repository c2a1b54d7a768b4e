// What the tests of the real binary have in common: functions, tasks for the scripted model, and what a journal says.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { Lambda, sleep } from "./emulator.mjs";
import { here, holds, is } from "./check.mjs";

export const agentd = process.argv[2];
if (!agentd) throw new Error(`usage: node ${process.argv[1]} AGENTD [WORDS OF A SENTENCE]`);

let functions = 0;

// A function with a memory directory of its own, if it is given none. Its invocations have half a minute: nobody waits for that.
export function lambda(options = {}) {
  const memory = options.memory ?? `${here}/memory${++functions}`;
  if (!options.memory) mkdirSync(memory);
  return new Lambda({ command: [agentd, "lambda"], timeoutMs: 30000, ...options, memory });
}

export const task = (name, script, more = {}) => ({
  version: 1,
  name,
  goal: "Go on.",
  tools: ["shell"],
  model: { provider: "scripted", script },
  ...more,
});
export const shell = (command) => ({ call: { shell: { command } } });

const told = (f, words) =>
  execFileSync(agentd, [...words, "--memory", f.options.memory], { encoding: "utf8", stdio: "pipe", maxBuffer: 1 << 26 });

export const journal = (f, run) =>
  told(f, ["log", run, "--output", "jsonl"])
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line))
    .map(({ data, ...event }) => ({ ...data, ...event }));
export const journaled = (f, run, kind) => journal(f, run).filter((event) => event.kind === kind);
export const list = (f) => JSON.parse(told(f, ["list", "--output", "json"]));

export const workspace = (f, run) => `${f.options.memory}/runs/${run}/workspace`;
export const lines = (path) => (existsSync(path) ? readFileSync(path, "utf8").trim().split("\n").filter(Boolean) : []);
export const bytes = (f, run) => readFileSync(`${f.options.memory}/runs/${run}/journal.db`, "base64");

// Within a minute, or the test fails.
export async function comes(what, condition) {
  for (let tries = 0; tries < 1200; tries++) {
    if (await condition()) return;
    await sleep(50);
  }
  throw new Error(`never came: ${what}`);
}

// Nothing was held at any time, and nothing is left that works with the memory directory.
export async function ends(f) {
  is(await f.close(), [], "what is left");
  is(f.held, [], "what was held");
}

// The answer has all the fields of a result, and this status.
export function stands(result, status, more = {}) {
  holds(result.answer, `there is no answer but ${JSON.stringify(result.error)}`);
  is(Object.keys(result.answer), resultFields, "the fields");
  const wanted = { status, ...more };
  is(Object.fromEntries(Object.keys(wanted).map((key) => [key, result.answer[key]])), wanted, "the answer");
  holds(Buffer.byteLength(result.body) < 200000, `an answer of ${result.body.length} bytes`);
  return result.answer;
}

const resultFields = (
  "schema run status reason resume_at retry_after_seconds step steps_this_invocation result result_path error pending usage"
).split(" ");
