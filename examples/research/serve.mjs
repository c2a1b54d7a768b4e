// Serves the folder it is given on a free port of 127.0.0.1, which it prints.
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";

const folder = process.argv[2];
const server = createServer(async (request, response) => {
  try {
    response.setHeader("Content-Type", "text/html; charset=utf-8");
    response.end(await readFile(join(folder, basename(request.url))));
  } catch {
    response.statusCode = 404;
    response.end("not here");
  }
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
