/** Runs a program in a pod of its own, as a golden case describes it, and reads what it leaves. */

import { randomUUID } from 'node:crypto';
import { accessSync, chmodSync, constants, mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { CaseBackend, CaseRights, GoldenCase } from '../../istio/found/conformance/golden-case.ts';
import { exitClassOf } from '../../istio/found/conformance/golden-case.ts';
import type { RunResult } from '../../istio/found/conformance/judge.ts';
import type { KernelState } from '../../istio/found/conformance/kernel-state.ts';
import { normalSave, routingLines } from '../../istio/found/conformance/kernel-state.ts';
import type { Programs } from '../run.ts';
import { RUN_IN_POD } from './pod-script.ts';
import { enteringHeld, heldNamespaces, lastWords, resolvConfOf, resolvConfVariable, startHolder, TOOLS } from './setup.ts';

/** One run. */
export interface PodRun {
  /** The program, by its path, and the words before the arguments of the case. */
  readonly program: readonly string[];
  readonly golden: Omit<GoldenCase, 'name' | 'outcomes'>;
  readonly before: KernelState;
  /** Variables besides those of the case. */
  readonly env?: Readonly<Record<string, string>>;
  /** Milliseconds for each start of the program. */
  readonly deadline: number;
}

/** The programs of iptables that a case has, as search paths; a stand has all others. */
export interface SearchPaths {
  readonly of: (backend: CaseBackend) => string;
  readonly remove: () => void;
}

/** Makes the search paths, in a folder that goes away with `remove`. */
export function searchPaths(): SearchPaths {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder.startsWith('/'));
  const top = mkdtempSync(join(tmpdir(), 'istio-init-'));
  const made = new Map<CaseBackend, string>();
  // A case without any rights runs its program as another user.
  chmodSync(top, 0o755);
  const link = (backend: CaseBackend): string => {
    const folder = mkdtempSync(join(top, `${backend}-`));
    chmodSync(folder, 0o755);
    for (const store of backend === 'both' ? (['nft', 'legacy'] as const) : backend === 'none' ? [] : [backend]) {
      for (const family of ['iptables', 'ip6tables']) {
        for (const action of ['', '-save', '-restore']) {
          const real = which(`${family}-${store === 'plain' ? 'nft' : store}${action}`, folders);
          if (real === undefined) continue;
          // Where there are both, the name without a suffix is nft's.
          if (backend !== 'both' || store === 'nft') symlinkSync(real, join(folder, `${family}${action}`));
          if (store !== 'plain') symlinkSync(real, join(folder, `${family}-${store}${action}`));
        }
      }
    }
    return folder;
  };
  return {
    of: (backend) => {
      const folder = made.get(backend) ?? link(backend);
      made.set(backend, folder);
      return folder;
    },
    remove: () => rmSync(top, { recursive: true, force: true }),
  };
}

/** Where a program is: by its path, or on the search path. */
export function which(name: string, folders: readonly string[] = (process.env['PATH'] ?? '').split(delimiter)): string | undefined {
  const places = name.includes('/') ? [name] : folders.map((folder) => join(folder, name));
  return places.find((place) => {
    try {
      accessSync(place, constants.X_OK);
      return statSync(place).isFile();
    } catch {
      return false;
    }
  });
}

const ADMIN = '+net_admin,+net_raw';

/** What gives a program the rights of its case, and no more. */
function rightsOf(rights: CaseRights, entersNamespace: boolean): readonly string[] {
  const none = ['--inh-caps=-all', '--no-new-privs'];
  switch (rights) {
    case 'root':
      return ['setpriv', `--bounding-set=-all,${ADMIN}${entersNamespace ? ',+sys_admin' : ''}`, ...none];
    case 'no-admin':
      return ['setpriv', '--bounding-set=-all', ...none];
    case 'user':
      return ['setpriv', '--reuid=1337', '--regid=1337', '--clear-groups', '--bounding-set=-all', ...none];
    default:
      return rights satisfies never;
  }
}

const OTHER = '/run/istio-init-other';
const OWN = '/run/istio-init-own';

/** Where pods are made, one after the other. */
export interface PodSetting {
  /** Runs a program in a pod of its own. Throws an Error in words where the pod can't be made. */
  readonly run: (run: PodRun) => Promise<RunResult>;
  readonly close: () => Promise<void>;
}

/** Makes a stand. Throws an Error in words where its namespaces can't be made. */
export async function openPodSetting(paths: SearchPaths, programs: Programs): Promise<PodSetting> {
  const holder = await startHolder(programs, { argv: heldNamespaces('stand'), env: resolvConfVariable([]) });
  const entering = enteringHeld(holder.pid);
  return {
    run: (run) => runInPod(run, entering, paths, programs),
    close: async () => {
      holder.stop();
      await holder.ended;
    },
  };
}

async function runInPod(
  { program, golden, before, deadline, env: more = {} }: PodRun,
  entering: readonly [string, ...string[]],
  paths: SearchPaths,
  { run: start }: Programs,
): Promise<RunResult> {
  const named = (text: string): string => text.replaceAll('{netns}', OWN).replaceAll('{other}', OTHER);
  const env = { ...golden.env, ...more };
  const words = [...golden.args, ...Object.values(env)];
  const enters = words.some((word) => /\{(netns|other)\}/.test(word));
  const mark = `==== ${randomUUID()}`;
  const argv = [
    ...['timeout', '--foreground', '-s', 'KILL', `${deadline / 1000}`],
    ...rightsOf(golden.rights, enters),
    ...['env', '-i', `PATH=${paths.of(golden.backend)}:${TOOLS}`, 'HOME=/'],
    ...Object.entries(env).map(([name, value]) => `${name}=${named(value)}`),
    ...program,
    ...golden.args.map(named),
  ];
  const routing = (ip: 'ip' | 'ip -6'): string =>
    Object.entries(before.host)
      .flatMap(([command, lines]) => lines.map((line) => [command.split(/ (?=\w+$)/), line] as const))
      .flatMap(([[of, object], line]) => (of === ip ? `${object} add ${line}\n` : []))
      .join('');
  const variables = {
    ADDRESSES: golden.addresses.join(' '),
    RESOLV_CONF: resolvConfOf(golden.nameservers),
    MARK: mark,
    BEFORE_NFT_IP: before.rules.nft.ip,
    BEFORE_NFT_IP6: before.rules.nft.ip6,
    BEFORE_LEGACY_IP: before.rules.legacy.ip,
    BEFORE_LEGACY_IP6: before.rules.legacy.ip6,
    ROUTING: `${routing('ip')}${golden.route === '' ? '' : `route add ${golden.route}\n`}`,
    ROUTING6: routing('ip -6'),
    TIMES: golden.twice ? '1 2' : '1',
    OWN: enters ? OWN : '',
    OTHER: enters ? OTHER : '',
    NATIVE: words.some((word) => /native.nftables/i.test(word)) ? 'yes' : '',
  };
  // Process numbers are those of /proc only where it is mounted anew, which is for programs that enter a namespace by their own.
  const unshare = ['unshare', '--net', '--pid', '--fork', '--kill-child', ...(enters ? ['--mount', '--mount-proc'] : []), '--'];
  const ran = await start({
    argv: [...entering, ...unshare, '/bin/sh', '-c', RUN_IN_POD, 'sh', ...argv],
    env: variables,
    deadline: 3 * deadline + 10_000,
  });
  return readResult(ran.stdout, mark, lastWords(ran.stderr));
}

function readResult(printed: string, mark: string, why: string): RunResult {
  const parts = new Map<string, string>();
  for (const part of printed.split(`${mark} `).slice(1)) {
    const [name = '', ...lines] = part.split('\n');
    parts.set(name, `${parts.get(name) ?? ''}${lines.join('\n')}`);
  }
  const of = (name: string): string => parts.get(name) ?? '';
  if (!/^\d+\n$/.test(of('exit'))) throw new Error(`a pod for it can not be made: ${why}`);
  const code = Number(of('exit'));
  const listed = Object.fromEntries(['ip', 'ip -6'].flatMap((ip) => ['rule', 'route', 'addr'].map((what) => [`${ip} ${what}`, of(ip)])));
  const after: KernelState = {
    rules: {
      nft: { ip: normalSave(of('nft-ip')), ip6: normalSave(of('nft-ip6')) },
      legacy: { ip: normalSave(of('legacy-ip')), ip6: normalSave(of('legacy-ip6')) },
    },
    host: routingLines(listed),
    native: of('native'),
    other: normalSave(of('other')),
  };
  return { code, exit: exitClassOf(code), after, message: of('said').trim() };
}
