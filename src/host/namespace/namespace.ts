/** The network namespace to work in: how programs run there, and what its files under /proc/net say. */

import { messageOf, ProblemError, problem } from '../../istio/problems.ts';
import type { Facts } from '../../istio/settings/facts.ts';
import type { Programs, Ran, Run, Running } from '../run.ts';
import { succeeded } from '../run.ts';
import { system } from '../system.ts';
import { denied } from './denied.ts';

/** The namespace as it was named. */
export type Target =
  | { readonly kind: 'here' }
  | { readonly kind: 'pid'; readonly pid: number }
  | { readonly kind: 'netns'; readonly path: string }
  /** One that somebody holds open, and closes: of another machine. */
  | { readonly kind: 'opened'; readonly namespace: Namespace; readonly facts: Facts };

/** The files that say, without a process, what a namespace holds. */
export const NET_FILES = ['ip_tables_names', 'ip6_tables_names', 'if_inet6', 'fib_trie', 'ipv6_route'] as const;

/** Their texts; undefined where there is no such file, or it may not be read. */
export type NetFiles = Readonly<Record<(typeof NET_FILES)[number], string | undefined>>;

/** A namespace that is held open: it can't go away, or become another, while work is done in it. */
export interface Namespace {
  /** For messages: `this network namespace`, `the network namespace of process 7`. */
  readonly name: string;
  readonly here: boolean;
  readonly run: Run;
  readonly start: Programs['start'];
  readonly netFiles: () => Promise<NetFiles>;
  readonly close: () => void;
  /** Of a namespace of another machine, what this one's files would say of its own. */
  readonly machine?: OtherMachine;
}

export interface OtherMachine {
  readonly hasNft: boolean;
  /** The lists of legacy's tables that are there, readable or not. */
  readonly listsOfTables: readonly string[];
}

/** How a target is called in messages. */
export function targetName(target: Target): string {
  switch (target.kind) {
    case 'here':
      return 'this network namespace';
    case 'pid':
      return `the network namespace of process ${target.pid}`;
    case 'netns':
      return `the network namespace ${target.path}`;
    case 'opened':
      return target.namespace.name;
    default:
      return target satisfies never;
  }
}

// An ephemeral container of a pod prints the rules, and its log holds them.
const FROM_ELSEWHERE =
  'kubectl debug POD --profile=netadmin --image=IMAGE -c rules -- iptables-save, then kubectl logs POD -c rules | istio-init check -';

/** Throws a ProblemError where there are no network namespaces; it says how rules come from where they are. */
export function requireLinux(): void {
  if (system.isLinux) return;
  throw new ProblemError([problem('needs-linux', { kind: 'option', option: '' }, { command: FROM_ELSEWHERE })]);
}

/** Opens a target. Throws an Error in words where it does not exist or may not be entered. */
export function openNamespace(target: Target, programs: Programs): Namespace {
  if (target.kind === 'opened') return { ...target.namespace, close: () => undefined };
  requireLinux();
  const name = targetName(target);
  if (target.kind === 'here') {
    const netFiles = async (): Promise<NetFiles> => readNetFiles('/proc/net');
    return { name, here: true, run: programs.run, start: programs.start, netFiles, close: () => undefined };
  }
  const path = target.kind === 'pid' ? `/proc/${target.pid}/ns/net` : target.path;
  const handle = openHandle(path, name);
  // Entered through our own handle: a process that ends can't hand its number, and with it our rules, to another.
  const enter = ['nsenter', `--net=/proc/${system.pid}/fd/${handle}`] as const;
  const run: Run = async (command) => outside(await programs.run({ ...command, argv: [...enter, ...command.argv] }), command.argv);
  const start = (...[command, heard]: Parameters<Programs['start']>): Running =>
    programs.start({ ...command, argv: [...enter, ...command.argv] }, heard);
  return { name, here: false, run, start, netFiles: () => netFilesThrough(run), close: () => system.close(handle) };
}

function openHandle(path: string, name: string): number {
  let handle: number;
  try {
    handle = system.open(path);
  } catch (error) {
    const message = messageOf(error);
    if (/^(ENOENT|ENOTDIR)\b/.test(message)) throw new Error(missingText(path, name));
    const isDenied = /^(EACCES|EPERM)\b/.test(message);
    throw new Error(isDenied ? `${name} may not be opened: ${denied('open')}` : `${name} can not be opened: ${message}`);
  }
  if (isNetworkNamespace(handle)) return handle;
  system.close(handle);
  throw new Error(`${path} is not a network namespace`);
}

function missingText(path: string, name: string): string {
  const pid = /^\/proc\/(\d+)\/ns\/net$/.exec(path)?.[1];
  if (pid !== undefined) return `process ${pid} does not exist`;
  return path === '' ? 'a path must follow, as /run/netns/NAME' : `${name} does not exist`;
}

// Namespaces live in a file system of their own, in which this process's is as well.
function isNetworkNamespace(handle: number): boolean {
  const own = system.open('/proc/self/ns/net');
  try {
    return system.deviceOf(handle) === system.deviceOf(own);
  } finally {
    system.close(own);
  }
}

/** What a program in the namespace did, with nsenter's own part taken out. */
function outside(ran: Ran, argv: Ran['argv']): Ran {
  const notFound = ran.exitCode === 127 && /^nsenter: failed to execute .*No such file/m.test(ran.stderr);
  return notFound ? { ...ran, argv, exitCode: null, notFound } : { ...ran, argv };
}

function readNetFiles(folder: string): NetFiles {
  return Object.fromEntries(NET_FILES.map((file) => [file, system.readText(`${folder}/${file}`)])) as NetFiles;
}

/**
 * The same by a program. /proc/net shows the namespace of the process that reads it, and Node can't enter one: tail reads all
 * of them in one process, each behind a line `==> FILE <==`, and says nothing of those that don't exist.
 */
export async function netFilesThrough(run: Run): Promise<NetFiles> {
  const ran = await run({ argv: ['tail', '-v', '-n', '+1', ...NET_FILES.map((file) => `/proc/net/${file}`)], deadline: 10_000 });
  if (!succeeded(ran) && ran.stdout === '') throw new Error(`the network namespace can not be entered: ${whyNotEntered(ran)}`);
  const texts = new Map<string, string>();
  for (const part of ran.stdout.split(/^==> /m).slice(1)) {
    const [, file = '', text = ''] = /^\/proc\/net\/(\S+) <==\n([^]*)$/.exec(part) ?? [];
    texts.set(file, text.replace(/\n$/, ''));
  }
  return Object.fromEntries(NET_FILES.map((file) => [file, texts.get(file)])) as NetFiles;
}

function whyNotEntered({ notFound, argv, stderr }: Ran): string {
  if (notFound) return `there is no program ${argv[0]}; install util-linux and coreutils`;
  return /^nsenter: .*not permitted/im.test(stderr) ? denied('enter') : stderr.trim();
}
