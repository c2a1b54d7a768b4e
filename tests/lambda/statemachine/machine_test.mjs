// The state machines of examples/lambda: valid, and played to their ends with the real binary as the function.
import { spawnSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { finish, here, holds, is, says, test } from "../check.mjs";

// The interpreter counts on Node.js 22 for this alone.
Promise.withResolvers ??= function () {
  const parts = {};
  parts.promise = new this((resolve, reject) => Object.assign(parts, { resolve, reject }));
  return parts;
};
const require = createRequire(`${process.env.STATE_MACHINE_PACKAGES}/`);
const { StateMachine } = require("aws-local-stepfunctions");
const validate = require("asl-validator");
const agentd = process.argv[2];
const example = fileURLToPath(new URL("../../../examples/lambda/", import.meta.url));
const definition = (name) => JSON.parse(readFileSync(`${example}${name}.asl.json`, "utf8"));
const unlimited = { validationOptions: { noValidate: true } };

let memories = 0;
const memory = () => `${here}/memory${++memories}`;

// What Step Functions sees of a function: its answer, or an error by its errorType.
function invoke(folder, event, deadline = "20s") {
  const words = ["lambda", "--event", "-", "--memory", folder, "--deadline", deadline];
  const done = spawnSync(agentd, words, { input: JSON.stringify(event), cwd: example, encoding: "utf8" });
  const answer = JSON.parse(done.stdout);
  if (answer.errorType) throw failure(answer.errorType, answer.errorMessage);
  return answer;
}
const failure = (name, message = "") => Object.assign(new Error(message), { name });

// Plays the machine of one run: `run` is the function, `decide` the person. Tells how it ended, and what was asked for.
async function play(input, { run, decide = () => { throw failure("States.Timeout"); }, fresh = () => ({}) }) {
  const events = [];
  const messages = [];
  const call = async ({ Payload }) => {
    events.push(Payload);
    return { Payload: await run(Payload, events.length) };
  };
  const ask = async ({ Message }) => {
    messages.push(Message);
    return decide(Message, messages.length);
  };
  const machine = new StateMachine(definition("statemachine"), unlimited);
  const { result } = machine.run(input, {
    overrides: {
      taskResourceLocalHandlers: { Run: call, Tell: call, Ask: ask, "Fresh execution": fresh },
      retryIntervalOverrides: { Run: 0, Tell: 0, Ask: 0 },
    },
    context: { Execution: { Input: input }, StateMachine: { Id: "arn:machine" }, Task: { Token: "the-token" } },
  });
  const end = await result.then((output) => ({ output }), ({ cause }) => ({ error: cause.name, cause: cause.message }));
  return { ...end, events, messages };
}

const approve = ({ pending }) => ({ action: "approve", call: pending[0].call });
const usage = { model_calls: 1, input_tokens: 1, cached_input_tokens: 0, output_tokens: 1, cost_usd: null };
const standing = (status, more = {}) => ({
  schema: 1, run: "r-1", status, reason: null, resume_at: null, retry_after_seconds: 0, step: 1, steps_this_invocation: 1,
  result: null, result_path: null, error: null, pending: [], usage, ...more,
});
const answered = standing("completed", { result: "42" });

await test("both machines are valid", () => {
  for (const name of ["statemachine", "fleet"]) {
    const found = validate(definition(name));
    holds(found.isValid, `${name}: ${JSON.stringify(found.errors)}`);
  }
});

await test("a run waits for a timer and for a person, and is answered once", async () => {
  const folder = memory();
  const end = await play({ task: "tasks/report.yaml", inputs: { settle: "6s" } }, {
    run: (event) => invoke(folder, event, "4s"),
    decide: approve,
  });
  is(Object.keys(end.output ?? end), ["run", "result", "result_path", "usage"]);
  is(end.output.result, "Published: 6 words");
  is(end.messages.map(({ run, pending, token }) => [run, pending[0].call, token]), [[end.output.run, "3.1", "the-token"]]);
  is(end.events.filter(({ action }) => action === "approve"), [{ action: "approve", call: "3.1", run: end.output.run }]);
  is(readdirSync(`${folder}/runs`), [end.output.run]);
  is(readFileSync(`${folder}/runs/${end.output.run}/workspace/published.txt`, "utf8"), "6 words\n");
});

await test("a decision that is no good is asked for again, and a cancelled run fails by its status", async () => {
  const folder = memory();
  const decisions = ["yes", { action: "run", task: {} }, { action: "send" }, { action: "approve", call: "9.9" }, { action: "cancel" }];
  const end = await play({ task: "tasks/report.yaml", inputs: { settle: "1s" } }, {
    run: (event) => invoke(folder, event),
    decide: (message, times) => decisions[times - 1],
  });
  is(end.messages.length, decisions.length, "times asked");
  is(end.events.filter(({ action }) => action === "run"), []);
  is(end.error, "Run.cancelled");
});

await test("nobody answers for a day: the run is looked at and asks again", async () => {
  const end = await play({}, {
    run: (event, times) => (times === 3 ? answered : standing("waiting", { pending: [{ question: "Which one?" }] })),
  });
  is(end.output?.result, "42");
  is(end.messages.map(({ pending }) => pending[0].question), ["Which one?", "Which one?"]);
});

await test("every status of a run has a way on or an end", async () => {
  for (const status of ["failed", "cancelled", "limit", "storage", "unheard-of"]) {
    const error = { type: "t", message: "m" };
    const end = await play({}, { run: () => standing(status, { error }) });
    is(end.error, `Run.${status}`);
    is(JSON.parse(end.cause).error, error);
    is(end.events.length, 1, "invocations");
  }
  for (const status of ["suspended", "busy", "waiting"]) {
    const end = await play({ task: "t.yaml" }, { run: (event, times) => (times === 1 ? standing(status) : answered) });
    is(end.output?.result, "42", status);
    is(end.events, [{ task: "t.yaml" }, { task: "t.yaml", run: "r-1" }]);
  }
});

await test("what may pass is tried again, what cannot is not", async () => {
  const passing = ["Lambda.Unknown", "Sandbox.Timedout", "Runtime.ExitError", "Lambda.TooManyRequestsException",
    "Lambda.ServiceException", "Lambda.AWSLambdaException", "Lambda.SdkClientException",
    "Lambda.ClientExecutionTimeoutException", "Agent.Storage", "Agent.Internal"];
  const end = await play({}, {
    run: (event, times) => {
      if (times > passing.length) return answered;
      throw failure(passing[times - 1]);
    },
  });
  is(end.events.length, passing.length + 1, "invocations");
  is(end.output?.result, "42");
  for (const name of ["Agent.Config", "Agent.BadEvent"]) {
    const refused = await play({}, { run: () => { throw failure(name, "why"); } });
    is([refused.error, refused.events.length], [name, 1]);
  }
  const bad = await play({ action: "resume" }, { run: (event) => invoke(memory(), event) });
  is(bad.error, "Agent.BadEvent");
  says(bad.cause, "needs 'run'");
});

await test("long before its history is full, a fresh execution goes on, and its answer is ours", async () => {
  const started = [];
  const end = await play({ task: "t.yaml" }, {
    run: () => standing("suspended"),
    fresh: (parameters) => {
      started.push(parameters);
      return { Output: { run: "r-1", result: "42" } };
    },
  });
  is(end.output, { run: "r-1", result: "42" });
  is(started, [{ StateMachineArn: "arn:machine", Input: { task: "t.yaml", run: "r-1" } }]);
  const attempts = 1 + definition("statemachine").States.Run.Retry[0].MaxAttempts;
  const most = end.events.length * (3 * attempts + 20); // entered, exited, and three events an attempt
  holds(most < 25000, `at the worst the history has ${most} events`);
});

await test("a fleet is one execution for each event, and tells their runs", async () => {
  const fleet = definition("fleet");
  delete fleet.States.Runs.ItemProcessor.ProcessorConfig; // the interpreter knows inline maps alone
  const folder = memory();
  const tasks = ["one", "one two", "one two three"].map((text) => ({ task: "tasks/report.yaml", inputs: { text, settle: "1s" } }));
  const { result } = new StateMachine(fleet, unlimited).run({ tasks }, {
    overrides: {
      taskResourceLocalHandlers: {
        Run: async ({ Input }) => {
          const { output } = await play(Input, { run: (event) => invoke(folder, event), decide: approve });
          return { Output: output };
        },
      },
    },
  });
  const runs = (await result).map(({ run }) => run);
  is(runs.toSorted(), readdirSync(`${folder}/runs`).toSorted());
  is(runs.length, 3, "runs");
});

finish();
