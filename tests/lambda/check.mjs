// For the tests of `agentd lambda`: a folder of their own, a list of promises, and a word at the end.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";

export const here = mkdtempSync(join(tmpdir(), "agentd-lambda."));
process.on("exit", () => rmSync(here, { recursive: true, force: true }));

const title = process.argv[1].replace(/^.*\//, "");
const only = process.argv[3];
let failures = 0;

class Failure extends Error {}

const shown = (value) => String(typeof value === "string" ? value : JSON.stringify(value)).slice(0, 600);

export function is(actual, expected, what = "") {
  if (!isDeepStrictEqual(actual, expected)) throw new Failure(`${what} is ${shown(actual)}, not ${shown(expected)}`);
}

export function says(text, part) {
  if (!String(text).includes(part)) throw new Failure(`'${part}' is not in: ${shown(text)}`);
}

export function holds(condition, what) {
  if (!condition) throw new Failure(what);
}

// One promise after the other; the second word of the command line picks those whose sentence has it.
export async function test(sentence, body) {
  if (only && !sentence.includes(only)) return;
  const begun = Date.now();
  try {
    await body();
  } catch (error) {
    failures++;
    const ours = (line) => line.includes("/tests/lambda/") && !line.includes("check.mjs");
    const where = error instanceof Failure ? error.stack.split("\n").find(ours) ?? "" : error.stack;
    console.log(`FAILED: ${sentence}: ${error.message}\n${where}`);
  }
  if (process.env.LAMBDA_TEST_TIMES) console.log(`${Date.now() - begun} ms: ${sentence}`);
}

export const skip = (what, why) => console.log(`skipped: ${what}: ${why}`);

export function finish() {
  if (failures) process.exit(1);
  console.log(`${title}: all is well`);
  process.exit(0);
}
