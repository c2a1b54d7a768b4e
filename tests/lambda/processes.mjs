// Process trees, and what a process holds, as /proc shows them.
import { existsSync, readFileSync, readdirSync, readlinkSync, realpathSync } from "node:fs";

const text = (path) => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // it has ended meanwhile
  }
};
const names = (path) => {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
};
const target = (path) => {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
};

// All processes: pid, ppid, group, session and state (T is stopped, Z has ended and waits to be noticed).
export function processes() {
  return names("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => {
      // The program's name stands in parentheses and may hold anything.
      const [state, ...numbers] = text(`/proc/${name}/stat`).replace(/^.*\) /s, "").split(" ");
      const [ppid, group, session] = numbers.map(Number);
      return { pid: Number(name), state, ppid, group, session };
    })
    .filter(({ state }) => state);
}

// A process and all below it. What has lost its parent is known by the groups and sessions of the tree, which are put into
// `seen`: give the same set every time.
export function tree(root, seen) {
  const all = processes();
  const found = new Map();
  for (let before = -1; before !== found.size; ) {
    before = found.size;
    for (const each of all) {
      if (each.pid !== root && !found.has(each.ppid) && !seen.has(each.group) && !seen.has(each.session)) continue;
      found.set(each.pid, each);
      if (each.pid === each.group || each.ppid === root) seen.add(each.group);
      if (each.pid === each.session) seen.add(each.session);
    }
  }
  return [...found.values()];
}

export const commandOf = (pid) => text(`/proc/${pid}/cmdline`).split("\0").join(" ").trim();
export const stateOf = (pid) => text(`/proc/${pid}/stat`).replace(/^.*\) /s, "")[0];

export function signal(pid, name) {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (error.code !== "ESRCH") throw error;
  }
}

// Whether it can be seen what a process has open: a process that hides its memory hides that too, from all but root.
export function shows_descriptors(pid) {
  try {
    return readdirSync(`/proc/${pid}/fd`).length > 0;
  } catch {
    return false;
  }
}

const inside = (path, folder) => path === folder || path.startsWith(`${folder}/`);

// inode → what it is, for the sockets of the process's network.
function sockets(pid) {
  const found = new Map();
  for (const kind of ["tcp", "tcp6"])
    for (const line of text(`/proc/${pid}/net/${kind}`).split("\n").slice(1)) {
      const fields = line.trim().split(/\s+/);
      if (fields.length > 9) found.set(fields[9], { kind, port: parseInt(fields[2].split(":").pop(), 16) });
    }
  for (const line of text(`/proc/${pid}/net/unix`).split("\n").slice(1)) {
    const fields = line.trim().split(/\s+/);
    if (fields.length > 6) found.set(fields[6], { kind: "unix", path: fields[7] ?? "" });
  }
  return found;
}

function heldDescriptors(pid, memory, apiPort) {
  const known = sockets(pid);
  const held = [];
  for (const name of names(`/proc/${pid}/fd`)) {
    const what = target(`/proc/${pid}/fd/${name}`);
    const socket = /^socket:\[(\d+)\]$/.exec(what);
    if (inside(what.replace(/ \(deleted\)$/, ""), memory)) held.push(`descriptor ${name}: ${what}`);
    if (!socket || Number(name) <= 2) continue;
    const { kind, port, path } = known.get(socket[1]) ?? { kind: "unconnected" };
    // A pair without a name is how a library wakes itself up.
    const allowed = port === apiPort || (kind === "unix" && path === "");
    if (!allowed) held.push(`socket ${name}: ${kind} ${port ?? path ?? ""}`);
  }
  return held;
}

// All that a frozen process would keep others from having: empty, if it waits as it should.
export function held(pid, folder, apiPort) {
  const memory = existsSync(folder) ? realpathSync(folder) : folder;
  const found = heldDescriptors(pid, memory, apiPort);
  for (const { pid: child, ppid } of processes()) if (ppid === pid) found.push(`child ${child}: ${commandOf(child)}`);
  const threads = names(`/proc/${pid}/task`).length;
  if (threads > 1) found.push(`${threads} threads`);
  for (const line of text("/proc/locks").split("\n"))
    if (line.trim().split(/\s+/)[4] === String(pid)) found.push(`lock: ${line}`);
  for (const line of text(`/proc/${pid}/maps`).split("\n"))
    if (inside(line.replace(/^(\S+\s+){5}/, ""), memory)) found.push(`mapping: ${line}`);
  if (inside(target(`/proc/${pid}/cwd`), memory)) found.push(`works in ${target(`/proc/${pid}/cwd`)}`);
  return found;
}

// Processes outside of the given trees that work with the memory directory: nobody's any more.
export function strays(folder, owned) {
  const memory = existsSync(folder) ? realpathSync(folder) : folder;
  return processes()
    .filter(({ pid, state }) => state !== "Z" && pid !== process.pid && !owned.has(pid))
    .filter(({ pid }) =>
      [`/proc/${pid}/cwd`, ...names(`/proc/${pid}/fd`).map((name) => `/proc/${pid}/fd/${name}`)].some((link) =>
        inside(target(link), memory),
      ),
    )
    .map(({ pid }) => `stray ${pid}: ${commandOf(pid)}`);
}
