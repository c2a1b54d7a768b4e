// A bootstrap that does what its events tell it, right or wrong: the emulator is tried with it.
import { spawn } from "node:child_process";
import { openSync } from "node:fs";
import { createServer, request } from "node:http";

const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");

function call(method, path, body, headers = {}) {
  return new Promise((resolve, reject) => {
    const options = { host, port, method, path: `/2018-06-01/runtime/${path}`, headers, agent: false };
    const asked = request(options, (response) => {
      const { statusCode: status, headers } = response;
      const parts = [];
      response.on("data", (part) => parts.push(part));
      response.on("end", () => resolve({ status, headers, text: Buffer.concat(parts).toString() }));
    });
    asked.on("error", reject);
    asked.end(body);
  });
}

const said = ({ status, text }) => `${status} ${text.trim()}`;
const child = (...command) => spawn(command[0], command.slice(1), { stdio: "ignore" });

process.on("SIGTERM", () => process.exit(0));
if (process.env.INIT === "error") {
  console.error(said(await call("POST", "init/error", JSON.stringify({ errorType: "Fake.Config", errorMessage: "no" }))));
  process.exit(1);
}
if (process.env.INIT === "exit") process.exit(7);
if (process.env.INIT === "hang") await new Promise(() => setInterval(() => {}, 1000));

for (;;) {
  const next = await call("GET", "invocation/next").catch(() => process.exit(1));
  const id = next.headers["lambda-runtime-aws-request-id"];
  const respond = (body) => call("POST", `invocation/${id}/response`, JSON.stringify(body));
  const event = JSON.parse(next.text);
  if (event.do === "echo") await respond({ event, headers: next.headers, environment: process.env });
  if (event.do === "sleep") await new Promise((resolve) => setTimeout(resolve, event.ms)).then(() => respond("slept"));
  if (event.do === "tree") {
    child("sh", "-c", "sleep 60 & setsid sleep 61 & wait");
    await new Promise(() => {});
  }
  if (event.do === "linger") await respond("lingers"), await new Promise(() => setInterval(() => {}, 1000));
  if (event.do === "leave") child("sleep", "60"), await respond("left");
  if (event.do === "listen") await new Promise((done) => createServer().listen(0, done)), await respond("listens");
  if (event.do === "hold") openSync(event.file, "w"), await respond("held");
  if (event.do === "exit") process.exit(event.code);
  if (event.do === "die") process.kill(process.pid, "SIGKILL");
  if (event.do === "error")
    await call("POST", `invocation/${id}/error`, JSON.stringify({ errorType: "Fake.Error", errorMessage: "no" }), {
      "Lambda-Runtime-Function-Error-Type": "Fake.Error",
    });
  if (event.do === "big") {
    const big = await respond("x".repeat(event.bytes - 2));
    console.error(said(big));
    console.error(said(await call("POST", `invocation/${id}/error`, "{}")));
  }
  if (event.do === "twice") {
    console.error(said(await respond("first")));
    console.error(said(await respond("second")));
  }
  if (event.do === "wrong") {
    console.error(said(await call("POST", "invocation/other/response", "1")));
    console.error(said(await call("POST", "init/error", "{}")));
    console.error(said(await call("GET", "nothing")));
    const again = await call("GET", "invocation/next");
    await respond({ same: again.text === next.text });
  }
  if (event.do === "stubborn") {
    while (![202, 403].includes((await respond("at last").catch(() => ({}))).status));
  }
}
