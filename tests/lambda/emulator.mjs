// AWS Lambda, as a function sees it: execution environments that are frozen between invocations, killed at the deadline, and
// started again when they end; several of them may share a memory directory.
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { held, shows_descriptors, signal, stateOf, strays, tree } from "./processes.mjs";
import { RuntimeApi } from "./runtime_api.mjs";

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// What AWS puts into the environment of a container image; no HOME.
const awsEnvironment = {
  AWS_LAMBDA_FUNCTION_NAME: "agent",
  AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "128",
  AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
  AWS_LAMBDA_LOG_GROUP_NAME: "/aws/lambda/agent",
  AWS_LAMBDA_LOG_STREAM_NAME: "2026/11/23/[$LATEST]0123456789abcdef",
  AWS_DEFAULT_REGION: "eu-west-1",
  AWS_REGION: "eu-west-1",
  AWS_ACCESS_KEY_ID: "ASIACANARYCANARY0001",
  AWS_SECRET_ACCESS_KEY: "canary/0123456789+secret/abcdefghijklmnop",
  AWS_SESSION_TOKEN: "canary-session-9876543210-zyxwvutsrqponm",
  LAMBDA_TASK_ROOT: "/var/task",
  LAMBDA_RUNTIME_DIR: "/var/runtime",
  _HANDLER: "lambda",
  LANG: "en_US.UTF-8",
  PATH: "/usr/local/bin:/usr/bin:/bin:/opt/bin",
  TZ: ":UTC",
};

// What the caller of an invocation is told: `answer`, or `error` with errorType and errorMessage.
function outcome(id, reply) {
  const parsed = JSON.parse(reply.body || "null");
  return {
    id,
    body: reply.body,
    answer: reply.kind === "response" ? parsed : null,
    error: reply.kind === "response" ? null : parsed,
    headers: reply.headers,
    held: [],
  };
}

// Nothing is left behind, stopped for ever, where a test fails.
const living = new Set();
process.on("exit", () => living.forEach((sandbox) => sandbox.members().forEach((pid) => signal(pid, "SIGKILL"))));
for (const name of ["SIGINT", "SIGTERM"]) process.on(name, () => process.exit(1));

const platformError = (id, errorType, errorMessage) => ({
  id,
  body: "",
  answer: null,
  error: { errorType, errorMessage: `RequestId: ${id} Error: ${errorMessage}` },
  headers: {},
  held: [],
});

// One execution environment. After start() and after each invoke() it is frozen, or `ended` says how its process ended.
export class Sandbox {
  ended = null; // {code, signal}
  initError = null;
  stdout = "";
  stderr = "";
  busy = false;
  #seen = new Set();
  #waiting = null; // settles start() or invoke()

  // command: the bootstrap's; memory: its memory directory; inspect: whether to look at what it holds when it is frozen: only
  // where the bootstrap is the very process that is started.
  constructor({ command, memory, environment = {}, cwd = "/", inspect = true, initMs = 10000, fault, closing }) {
    Object.assign(this, { command, memory, environment, cwd, inspect, initMs });
    this.api = new RuntimeApi({
      idle: () => this.#settle("idle"),
      replied: (reply) => (this.reply = reply),
      initFailed: (reply) => (this.initError = JSON.parse(reply.body)),
      fault,
      closing,
    });
  }

  // Until the first `next`, an init error or the end of the process.
  async start() {
    const address = await this.api.listen();
    const env = { ...awsEnvironment, AWS_LAMBDA_RUNTIME_API: address, AGENTD_MEMORY: this.memory, ...this.environment };
    for (const name of Object.keys(env)) if (env[name] === null) delete env[name];
    const startedAt = Date.now();
    const [program, ...words] = this.command;
    this.child = spawn(program, words, { env, cwd: this.cwd, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    this.pid = this.child.pid;
    if (this.pid) living.add(this);
    this.exit = new Promise((resolve) => {
      this.child.on("error", (error) => resolve({ code: null, signal: null, error }));
      this.child.on("close", (code, name) => resolve({ code, signal: name }));
    }).then((ended) => {
      this.ended = ended;
      living.delete(this);
      this.api.close();
      this.#settle("ended");
      return ended;
    });
    for (const stream of ["stdout", "stderr"]) this.child[stream].on("data", (part) => (this[stream] += part));
    const event = await this.#until(this.initMs);
    this.initMilliseconds = Date.now() - startedAt;
    if (event === "idle") this.held = await this.#freeze();
    else if (event === "late") await this.kill();
    return this;
  }

  // payload: any JSON value, or a Buffer that is delivered as it is. The outcome tells what is held when the bootstrap waits.
  // told_ms: the time that the event says is left, where it is not the truth.
  async invoke(payload, { timeoutMs = 10000, id = randomUUID(), during = null, told_ms = timeoutMs } = {}) {
    if (this.ended) throw new Error("this sandbox has ended");
    this.reply = null;
    this.busy = true;
    const begun = Date.now();
    await this.#thaw();
    if (!this.api.parked) await this.#until(this.initMs); // its connection was reset: it asks again, or ends
    if (this.ended) return { ...platformError(id, "Runtime.ExitError", describe(this.ended)), milliseconds: 0 };
    const waiting = this.#until(timeoutMs);
    this.api.deliver({
      id,
      deadlineMs: begun + told_ms,
      arn: "arn:aws:lambda:eu-west-1:012345678912:function:agent",
      trace: "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0",
      payload: Buffer.isBuffer(payload) ? payload : Buffer.from(JSON.stringify(payload)),
    });
    during?.(this);
    const event = await waiting;
    let result = this.reply && outcome(id, this.reply);
    if (event === "late") {
      await this.kill();
      // What was answered is answered, but the environment is lost.
      if (result) result.held = ["the invocation: it was not over at the deadline"];
      else result = platformError(id, "Sandbox.Timedout", `Task timed out after ${(timeoutMs / 1000).toFixed(2)} seconds`);
    } else if (event === "ended" && !result) {
      result = platformError(id, this.killed ? "Sandbox.Failure" : "Runtime.ExitError", describe(this.ended));
    } else if (event === "idle") result.held = await this.#freeze();
    this.busy = false;
    return { ...result, milliseconds: Date.now() - begun };
  }

  // As a shutdown with an extension: SIGTERM to the bootstrap, thawed.
  async terminate(name = "SIGTERM") {
    await this.#thaw();
    signal(this.pid, name);
    return this.exit;
  }

  // The whole tree at once, as power would go.
  async kill() {
    this.killed = true;
    if (this.pid) {
      // What is stopped starts no more children, so that none is missed.
      for (let rounds = 0; rounds < 50; rounds++) {
        const members = tree(this.pid, this.#seen).filter(({ state }) => state !== "Z");
        if (!members.length) break;
        for (const { pid } of members) signal(pid, "SIGSTOP");
        const again = tree(this.pid, this.#seen).filter(({ state }) => state !== "Z");
        for (const { pid } of again) signal(pid, "SIGKILL");
        await sleep(2);
      }
    }
    return this.exit;
  }

  members() {
    return tree(this.pid, this.#seen).map(({ pid }) => pid);
  }

  async #freeze() {
    for (const pid of this.members()) signal(pid, "SIGSTOP");
    const runs = (pid) => !"TtZX".includes(stateOf(pid) ?? "X");
    for (let tries = 0; tries < 500 && this.members().some(runs); tries++) await sleep(2);
    this.is_seen = shows_descriptors(this.pid);
    return this.inspect ? held(this.pid, this.memory, this.api.port) : [];
  }

  async #thaw() {
    for (const pid of this.members()) signal(pid, "SIGCONT");
  }

  #until(milliseconds) {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#settle("late"), milliseconds);
      this.#waiting = (event) => {
        clearTimeout(timer);
        resolve(event);
      };
    });
  }

  #settle(event) {
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.(event);
  }
}

function describe({ code, signal: name, error }) {
  if (error) return `Runtime not started: ${error.message}`;
  if (code === 0) return "Runtime exited without providing a reason";
  return `Runtime exited with error: ${name ? `signal: ${name}` : `exit status ${code}`}`;
}

// A function: as many sandboxes as are needed at the same time, each used again while it lives.
export class Lambda {
  sandboxes = [];
  started = 0;
  held = []; // all that any sandbox held when it was frozen
  output = ""; // stdout and stderr of all

  constructor(options) {
    this.options = options;
  }

  async #free() {
    this.sandboxes = this.sandboxes.filter((each) => !each.ended);
    let free = this.sandboxes.find((each) => !each.busy);
    if (free) {
      free.busy = true;
      return free;
    }
    free = new Sandbox(this.options);
    free.busy = true;
    this.sandboxes.push(free);
    this.started++;
    await free.start();
    this.held.push(...(free.held ?? []));
    return free;
  }

  async invoke(payload, { id = randomUUID(), ...rest } = {}) {
    const sandbox = await this.#free();
    let result;
    if (sandbox.ended) {
      result = platformError(id, "Runtime.ExitError", describe(sandbox.ended));
      result.error = sandbox.initError ?? result.error;
    } else result = await sandbox.invoke(payload, { timeoutMs: this.options.timeoutMs, id, ...rest });
    this.held.push(...result.held);
    if (sandbox.ended) this.output += sandbox.stdout + sandbox.stderr;
    sandbox.busy = false;
    return result;
  }

  // As Event invocations are: up to two retries of what ended in a function error, with the same id, without their pauses here.
  async invokeAsync(payload, options = {}) {
    const id = options.id ?? randomUUID();
    const results = [];
    while (results.length < 3 && (!results.length || results[results.length - 1].error))
      results.push(await this.invoke(payload, { ...options, id }));
    return results;
  }

  // The same event at the same time, to as many sandboxes.
  invokeTwice(payload, options = {}) {
    const id = options.id ?? randomUUID();
    return Promise.all([this.invoke(payload, { ...options, id }), this.invoke(payload, { ...options, id })]);
  }

  // Ends all; what nobody owns any more and still works with the memory directory is told.
  async close() {
    for (const each of this.sandboxes.filter(({ ended }) => !ended)) {
      await each.kill();
      this.output += each.stdout + each.stderr;
    }
    return strays(this.options.memory, new Set());
  }
}
