// The Lambda Runtime API of one execution environment: its states, status codes and bodies are those of the real one.
import { createServer } from "node:http";

export const largestPayload = 6 * 1024 * 1024 + 100;

const notAllowed = "State transition is not allowed";

export class RuntimeApi {
  state = "Started"; // then Ready ⇄ Running → ResponseSent → Ready
  invocation = null;
  posts = []; // all that came, taken or not: {path, status, size, headers}

  // idle() is called when `next` waits, replied(reply) and initFailed(reply) when an answer was taken. fault(post) may spoil a
  // post: "oversize" has it for too large, "refuse" says 413 and takes nothing, "lose" takes nothing and says nothing, "drop"
  // takes it and says nothing.
  constructor({ idle, replied, initFailed, fault = () => null, closing = false }) {
    Object.assign(this, { idle, replied, initFailed, fault });
    this.server = createServer((request, response) => {
      if (closing) response.setHeader("Connection", "close");
      this.#route(request, response);
    });
    this.server.keepAliveTimeout = 0;
  }

  async listen() {
    await new Promise((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    this.port = this.server.address().port;
    return `127.0.0.1:${this.port}`;
  }

  close() {
    this.parked?.destroy();
    this.server.close();
  }

  // Ends the connection of the `next` that waits, without an answer; nobody may come back once it is closed.
  reset() {
    this.parked?.socket?.destroy();
    this.parked = null;
  }

  deliver(invocation) {
    this.invocation = invocation;
    this.state = "Running";
    const parked = this.parked;
    this.parked = null;
    this.#render(parked);
  }

  #render(response) {
    const { id, deadlineMs, arn, trace, payload } = this.invocation;
    response.writeHead(200, {
      "Lambda-Runtime-Aws-Request-Id": id,
      "Lambda-Runtime-Deadline-Ms": String(deadlineMs),
      "Lambda-Runtime-Invoked-Function-Arn": arn,
      "Lambda-Runtime-Trace-Id": trace,
      "Content-Type": "application/json",
      "Content-Length": payload.length,
    });
    response.end(payload);
  }

  #route(request, response) {
    const path = request.url.replace(/^\/2018-06-01\/runtime\//, "");
    const post = /^invocation\/([^/]+)\/(response|error)$/.exec(path);
    if (request.method === "GET" && path === "invocation/next") this.#next(response);
    else if (request.method === "POST" && post) this.#receive(request, response, { path, id: post[1], kind: post[2] });
    else if (request.method === "POST" && path === "init/error") this.#receive(request, response, { path, kind: "init" });
    else say(response, 404, { errorMessage: "404 page not found", errorType: "NotFound" });
  }

  #next(response) {
    if (this.state === "Running") return this.#render(response); // asked twice: the same event again
    if (!["Started", "ResponseSent", "Ready"].includes(this.state)) return this.#forbid(response, "Ready");
    this.state = "Ready";
    this.invocation = null;
    this.parked = response;
    this.idle();
  }

  #receive(request, response, post) {
    const parts = [];
    let size = 0;
    const fault = post.kind === "init" ? null : this.fault({ ...post, number: this.posts.length });
    if (fault === "lose") {
      this.posts.push({ ...post, status: 0 });
      return request.socket.destroy();
    }
    request.on("data", (part) => {
      size += part.length;
      if (size <= largestPayload) parts.push(part);
    });
    request.on("end", () => {
      if (fault === "oversize") size = largestPayload + 1;
      const reply = { ...post, size, body: Buffer.concat(parts).toString(), headers: request.headers };
      const take = () => (post.kind === "init" ? this.#takeInit(reply) : this.#take(reply));
      const { status, body } = fault === "refuse" ? tooLarge() : take();
      this.posts.push({ path: post.path, kind: post.kind, size, headers: request.headers, status });
      if (fault === "drop") return request.socket.destroy();
      say(response, status, body);
    });
  }

  #takeInit(reply) {
    if (this.state !== "Started") return this.#forbidden("InitError");
    this.state = "InitError";
    this.initFailed(reply);
    return accepted;
  }

  #take(reply) {
    if (!this.invocation || reply.id !== this.invocation.id)
      return { status: 400, body: { errorMessage: "Invalid request ID", errorType: "InvalidRequestID" } };
    if (this.state !== "Running")
      return this.#forbidden(reply.kind === "error" ? "InvocationErrorResponse" : "InvocationResponse");
    this.state = "ResponseSent";
    if (reply.size <= largestPayload) {
      this.replied(reply);
      return accepted;
    }
    const limit = `maximum allowed payload size (${largestPayload} bytes)`;
    const errorMessage = `Response payload size (${reply.size} bytes) exceeded ${limit}.`;
    const body = JSON.stringify({ errorMessage, errorType: "Function.ResponseSizeTooLarge" });
    this.replied({ ...reply, kind: "error", body }); // the caller has its error already
    return tooLarge();
  }

  #forbidden(to) {
    const errorMessage = `State transition from ${this.state} to ${to} failed for runtime. Error: ${notAllowed}`;
    return { status: 403, body: { errorMessage, errorType: "InvalidStateTransition" } };
  }

  #forbid(response, to) {
    const { status, body } = this.#forbidden(to);
    say(response, status, body);
  }
}

const accepted = { status: 202, body: { status: "OK" } };

function tooLarge() {
  const errorMessage = `Exceeded maximum allowed payload size (${largestPayload} bytes).`;
  return { status: 413, body: { errorMessage, errorType: "RequestEntityTooLarge" } };
}

function say(response, status, body) {
  response.writeHead(status, { "Content-Type": "application/json" });
  response.end(`${JSON.stringify(body)}\n`);
}
