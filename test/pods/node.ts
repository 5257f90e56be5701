/** A machine that runs pods, in a box of namespaces. What is in it goes with it, also where a test was killed. */

import { mkdtempSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

/** What a program said. */
export interface Said {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface PodNode {
  /** Only this folder is written to. */
  readonly folder: string;
  /** Runs a program among the node's processes. Never throws for what the program says. */
  readonly run: (argv: readonly string[], input?: string) => Promise<Said>;
  /** The same with the machine's own network, for what is to be fetched. Throws where the program fails. */
  readonly build: (argv: readonly string[]) => Promise<string>;
  /** Throws where podman fails. */
  readonly podman: (...args: readonly string[]) => Promise<string>;
  /** Options of podman that name the node's store. */
  readonly store: readonly string[];
  readonly close: () => Promise<void>;
}

const SCRIPT = fileURLToPath(new URL('node.sh', import.meta.url));

/** Makes a node that has the images of another store, and one for its own; the other one stays as it is. */
export async function openNode(images: string): Promise<PodNode> {
  const folder = mkdtempSync('/var/tmp/istio-init-pods-');
  const box = execa('bash', [SCRIPT, folder], { detached: true, cleanup: false, stdio: ['pipe', 'pipe', 'inherit'], reject: false });
  const pid = await new Promise<string>((resolve) => box.stdout.once('data', (line: Buffer) => resolve(String(line).trim())));
  const inside = ['nsenter', `--mount=/proc/${pid}/ns/mnt`, `--pid=/proc/${pid}/ns/pid_for_children`];
  const env = { CONTAINERS_CONF: configured(folder), TMPDIR: folder, CI: '' };
  const own = ['--root', `${folder}/storage`, '--runroot', `${folder}/run`, '--storage-driver', 'overlay'];
  const store = [...own, '--storage-opt', `overlay.imagestore=${images}`];
  const run: PodNode['run'] = async ([...argv], input = '') => {
    const [nsenter = '', ...rest] = [...inside, `--net=/proc/${pid}/ns/net`, ...argv];
    const { exitCode, stdout, stderr, shortMessage } = await execa(nsenter, rest, { env, input, reject: false, timeout: 60_000 });
    return { exitCode, stdout, stderr: exitCode === undefined ? String(shortMessage) : stderr };
  };
  const build: PodNode['build'] = async (argv) => {
    const [nsenter = '', ...rest] = [...inside, ...argv];
    return (await execa(nsenter, rest, { env, stdin: 'ignore', timeout: 240_000 })).stdout;
  };
  const podman: PodNode['podman'] = async (...args) => {
    const { exitCode, stdout, stderr } = await run(['podman', ...store, ...args]);
    if (exitCode !== 0) throw new Error(`podman ${args.join(' ')}: ${stderr}\n${stdout}`);
    return stdout;
  };
  const close = async (): Promise<void> => {
    box.stdin.end();
    await box;
  };
  return { folder, store, run, build, podman, close };
}

/** What podman must be told where there is no systemd, and where a process may not raise its limits. */
function configured(folder: string): string {
  const file = `${folder}/containers.conf`;
  writeFileSync(
    file,
    `[containers]
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
log_driver = "k8s-file"
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "none"
lock_type = "file"
tmp_dir = "${folder}/tmp"
static_dir = "${folder}/static"
volume_path = "${folder}/volumes"
[network]
network_backend = "netavark"
network_config_dir = "${folder}/net"
`,
  );
  return file;
}
