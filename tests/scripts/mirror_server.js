// A server that repeats what it was sent, the Authorization header above all: `node mirror_server.js PORT_FILE`.
// /refuse refuses with it, /v1 is a model that says it, /mcp an MCP server that has it everywhere, /token gives
// "issued-" tokens, and all else quotes the request.
const fs = require("fs"), http = require("http");

const escaped = (text) => [...text].map((c) => "\\u" + c.charCodeAt(0).toString(16).padStart(4, "0")).join("");
const forms = (text) =>
  [text, encodeURIComponent(text), Buffer.from("user:" + text).toString("base64"), Buffer.from(text).toString("hex"),
   JSON.stringify(text)].join(" ");
const key = (request) => (request.headers.authorization || "").replace(/^\w+ /, "");

let replies = 0;
function model(request) {
  const usage = {prompt_tokens: 1, completion_tokens: 1};
  const call = {id: "call-" + key(request), type: "function",
                function: {name: "shell", arguments: `{"command":"echo ${escaped(key(request))} | base64"}`}};
  const message = {role: "assistant", content: "I say " + forms(key(request))};
  if (replies++ === 0) message.tool_calls = [call];
  return {choices: [{message, finish_reason: message.tool_calls ? "tool_calls" : "stop"}], usage};
}

function mcp(request, {method, id}) {
  const said = forms(request.headers.authorization || "nothing");
  const tools = [{name: "say", description: "Says " + said, inputSchema: {type: "object", description: said}},
                 {name: "fail", description: "Fails.", inputSchema: {type: "object"}}];
  const answers = {
    initialize: {protocolVersion: "2025-06-18", capabilities: {tools: {}}, serverInfo: {name: "m", version: "1"},
                 instructions: "Mind " + said},
    "tools/list": {tools},
    "tools/call": {content: [{type: "text", text: said}]},
  };
  if (answers[method]) return {jsonrpc: "2.0", id, result: answers[method]};
  return {jsonrpc: "2.0", id, error: {code: -32601, message: "no " + method + " for " + said}};
}

function answer(request, body) {
  const path = request.url.split("?")[0];
  if (path.startsWith("/refuse")) return [401, {error: {message: forms(key(request)) + " is no good"}}];
  if (path.startsWith("/v1")) return [200, model(request)];
  if (path === "/token") return [200, {access_token: "issued-0123456789-abcdefghijklmnopq", token_type: "Bearer"}];
  if (path !== "/mcp") return [path === "/gone" ? 404 : 200, {url: request.url, headers: request.headers, body}];
  if (request.method !== "POST") return [405, {}];
  const message = JSON.parse(body);
  if (message.method === "server/discover") return [400, {error: "what is " + request.headers.authorization}];
  if (message.id === undefined) return [202, undefined];
  if (message.method === "tools/call" && message.params.name === "fail") return [403, {error: forms(key(request))}];
  return [200, mcp(request, message)];
}

const server = http.createServer((request, response) => {
  let body = "";
  request.on("data", (bytes) => { body += bytes; });
  request.on("end", () => {
    const [status, json] = answer(request, body);
    response.writeHead(status, {"Content-Type": "application/json", "X-Seen": request.headers.authorization || "-"});
    response.end(json === undefined ? "" : JSON.stringify(json));
  });
});
server.listen(0, "127.0.0.1", () => {
  fs.writeFileSync(process.argv[2] + ".new", String(server.address().port));
  fs.renameSync(process.argv[2] + ".new", process.argv[2]);
});
