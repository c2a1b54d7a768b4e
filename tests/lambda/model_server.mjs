// Servers that speak, more or less, as a model's does.
import { createServer } from "node:http";

// answer(request body, request, response) does what it wants; the URL is for a task's `base_url`.
export async function model_server(answer) {
  const requests = [];
  const server = createServer((request, response) => {
    const parts = [];
    request.on("data", (part) => parts.push(part));
    request.on("end", () => {
      requests.push(Buffer.concat(parts).toString());
      answer({ request, response, count: requests.length });
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  server.unref();
  return { url: `http://127.0.0.1:${server.address().port}/v1`, requests };
}

// One reply of the Chat Completions API, whole.
export function complete(response, message) {
  const reply = { id: "1", object: "chat.completion", model: "m", choices: [{ index: 0, message, finish_reason: "stop" }] };
  response.writeHead(200, { "Content-Type": "application/json" });
  response.end(JSON.stringify({ ...reply, usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 } }));
}
