// As AWS confines it: uid 993 without rights, a read-only root, no HOME, no /dev/shm, 1,024 descriptors, little memory; only /tmp
// and the mounted memory directory can be written to.
import { spawnSync } from "node:child_process";
import { chownSync, existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { finish, here, holds, is, says, skip, test } from "./check.mjs";
import { agentd, ends, lambda, shell, stands, task } from "./function.mjs";

const mount_point = "/mnt/agent_memory";

// $1: the memory directory, $2: the binary, $3: how it is mounted.
const confine = `
set -e
mount --make-rprivate /
mount -t tmpfs none /mnt
mkdir /mnt/agent_memory
mount --bind "$1" /mnt/agent_memory
[ "$3" = rw ] || mount -o remount,ro,bind /mnt/agent_memory
: >/mnt/agentd
mount --bind "$2" /mnt/agentd
mount -o remount,ro /mnt
[ ! -d /dev/shm ] || mount -t tmpfs -o ro,size=4k none /dev/shm
mount -t tmpfs -o mode=1777 none /tmp
mount -o remount,ro,bind /
cd /
ulimit -n 1024
[ -z "$4" ] || echo $$ >"$4/cgroup.procs"
exec setpriv --reuid 993 --regid 990 --clear-groups --bounding-set -all --no-new-privs /mnt/agentd lambda
`;
const environment = { AGENTD_MEMORY: null };

const is_root = process.getuid() === 0;

// A folder that belongs to the uid of the access point.
function folder(name) {
  mkdirSync(`${here}/${name}`);
  chownSync(`${here}/${name}`, 993, 990);
  return `${here}/${name}`;
}

// A control group that may have 128 MB in all, where one can be made, by version 1 or 2. The sanitizers need more.
function small_group() {
  if (readFileSync(agentd).includes("__asan_init")) return "";
  const name = `agentd-test-${process.pid}`;
  for (const [group, limit] of [
    [`/sys/fs/cgroup/memory/${name}`, "memory.limit_in_bytes"],
    [`/sys/fs/cgroup/${name}`, "memory.max"],
  ])
    try {
      mkdirSync(group);
      process.on("exit", () => rmdirSync(group));
      if (!existsSync(`${group}/${limit}`)) continue;
      writeFileSync(`${group}/${limit}`, String(128 * 1024 * 1024));
      return group;
    } catch {
      continue; // not on this machine
    }
  skip("128 MB of memory", "no control group can be made");
  return "";
}

function confined(memory, mode, group = "") {
  const command = ["unshare", "-m", "sh", "-c", confine, "confine", memory, agentd, mode, group];
  const f = lambda({ command, memory, environment });
  f.options.memory = mount_point; // as it is called in there
  return f;
}

const look = [
  "id -u",
  "ulimit -n",
  'echo "${HOME-no home}"',
  "touch /var/x 2>/dev/null || echo read-only",
  'echo ok > "${TMPDIR:-/tmp}/x" && echo ok',
].join("; ");
const floods = [...Array(8).keys()].map((number) => ({ shell: { command: `yes ${number} | head -c 3000000` } }));

async function works() {
  const memory = folder("mounted");
  const f = confined(memory, "rw", small_group());
  const script = [
    { calls: [{ write_file: { path: "a.txt", content: "A text." } }, { list: {} }] },
    { calls: floods },
    { call: { wait: { for: "1ms" } } },
    { answer: "A long answer. ".repeat(20000) },
  ];
  const tools = ["shell", "write_file", "list", "wait"];
  const { result_path } = stands(await f.invoke({ task: task("all", script, { tools }), run: "all" }), "completed");
  says(result_path, `${mount_point}/runs/all/`);
  holds(existsSync(result_path.replace(mount_point, memory)), `${result_path} is not there`);
  const looks = task("looks", [shell(look), { answer: "{{observations[0]}}" }]);
  const { result } = stands(await f.invoke({ task: looks }), "completed");
  is(result.split("\n"), ["993", "1024", "no home", "read-only", "ok"]);
  stands(await f.invoke({ action: "resume", run: "all" }), "completed", { steps_this_invocation: 0, result_path });
  is(f.started, 1);
  await ends(f);
  holds(!f.output.includes("vanish"), "it says that a mounted directory vanishes");
}

async function refuses(memory, mode) {
  const f = confined(memory, mode);
  const one = { task: task("one", [{ answer: "x" }]), run: `new-${mode}` };
  for (let times = 0; times < 2; times++) is((await f.invoke(one)).error?.errorType, "Agent.Storage");
  is(f.started, 1);
  await ends(f);
}

const probe = spawnSync("unshare", ["-m", "setpriv", "--reuid", "993", "--regid", "990", "--clear-groups", "true"]);
if (!is_root || probe.status !== 0)
  skip("an environment as AWS confines it", "this needs root, with unshare -m and setpriv permitted");
else {
  await test("runs tools, waits, answers at length and goes on, as uid 993 with a read-only root", works);
  await test("a memory directory that is mounted read-only is Agent.Storage; the environment lives on", async () => {
    await refuses(`${here}/mounted`, "ro");
    await refuses(folder("empty"), "ro");
  });
  await test("a memory directory that is another's is Agent.Storage; the environment lives on", async () => {
    mkdirSync(`${here}/other`, { mode: 0o755 });
    await refuses(`${here}/other`, "rw");
  });
}

await test("a memory directory that is no mount is said once by an environment, not by each event", async () => {
  const f = lambda();
  for (let times = 0; times < 3; times++) stands(await f.invoke({ task: task("one", [{ answer: "x" }]) }), "completed");
  await ends(f);
  is(f.output.split("vanish").length - 1, 1, "how often it is said");
});

await test("the memory directory is made where only its place is there", async () => {
  const f = lambda({ memory: `${here}/not/there` });
  stands(await f.invoke({ task: task("one", [{ answer: "x" }]) }), "completed");
  await ends(f);
});

finish();
