// What tools do in the world outside, one line in the ledger for each time: a web API that prints its port, or, with
// "mcp", a server of the Model Context Protocol on stdio.
//   effects_server.mjs LEDGER [mcp]
import { appendFileSync } from "node:fs";
import { createServer } from "node:http";
import { createInterface } from "node:readline";

const [, , ledger, kind] = process.argv;
const done = (what) => appendFileSync(ledger, `${what}\n`);

function answer({ id, method, params }) {
  const say = (result) => process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", id, result })}\n`);
  const { protocolVersion } = params ?? {};
  const schema = { type: "object", properties: { what: { type: "string" } } };
  if (method === "initialize")
    say({ protocolVersion, capabilities: { tools: {} }, serverInfo: { name: "effects", version: "1" } });
  else if (method === "tools/list") say({ tools: [{ name: "mark", inputSchema: schema }] });
  else if (method === "tools/call") {
    done(params.arguments.what);
    say({ content: [{ type: "text", text: "marked" }] });
  } else if (id !== undefined)
    process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", id, error: { code: -32601, message: "no" } })}\n`);
}

if (kind === "mcp") {
  createInterface({ input: process.stdin }).on("line", (line) => answer(JSON.parse(line)));
} else {
  const server = createServer((request, response) => {
    done(`${request.url.slice(1)} ${request.headers["idempotency-key"] ?? ""}`.trim());
    response.end("ordered");
  });
  server.listen(0, "127.0.0.1", () => console.log(server.address().port));
}
