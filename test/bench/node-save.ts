/** Finding our part in the save of a node with 50,000 rules, against the iptables-save that prints it: by turns, in one run, medians. */

import { spawnSync } from 'node:child_process';
import { identify } from '../../src/istio/found/identify.ts';
import { ownedIn } from '../../src/istio/found/ownership.ts';
import { planFromSettings } from '../../src/istio/kubernetes/plan-from-settings.ts';
import { observeText } from '../../src/netfilter/observation.ts';
import { printRestore, printSave } from '../../src/netfilter/print.ts';
import { readRules } from '../../src/netfilter/read.ts';
import { keepOnly } from '../../src/netfilter/reconcile/owned.ts';
import type { Ruleset } from '../../src/netfilter/rule.ts';
import { nodeRules } from './kube-proxy.ts';
import type { Table } from './table.ts';
import { median } from './table.ts';
import type { Cost } from './timing.ts';
import { timed } from './timing.ts';

const RULES = 50_000;
const ROUNDS = 7;
// Of CPU time, once the reader is compiled: reading a line costs about what printing it does.
const MOST = 2.5;
// With making the rules of every kind of release.
const MOST_IDENTIFIED = 3;
// With a reader that is yet to be compiled.
const MOST_FIRST = 4;
// Ten times the rules, and room for memory that grows.
const MOST_GROWTH = 14;

/** Reading and finding as a table; none where there is no namespace to fill, and one line says why. */
export function benchNodeSave(): readonly Table[] {
  const root = process.getuid?.() === 0;
  if (root && spawnSync('unshare', ['--net', 'iptables-nft-save']).status === 0) return [measured()];
  process.stdout.write(`\nskipped: the save of a node is not measured: it needs ${root ? 'iptables and a network namespace' : 'root'}\n`);
  return [];
}

function measured(): Table {
  const plan = planFromSettings({ sets: [] }).ip;
  const wanted = printSave(plan);
  const fill = (enter: readonly string[], rules: number): string => {
    for (const input of [printRestore(plan), nodeRules(rules)]) run([...enter, 'iptables-nft-restore', '--noflush'], input);
    return run([...enter, 'iptables-nft-save']);
  };
  const smaller = inNamespace((enter) => fill(enter, RULES / 10));
  return inNamespace((enter) => {
    const text = fill(enter, RULES);
    const first = cost(() => ourPart(text, wanted));
    const costs = { save: [] as Cost[], find: [] as Cost[], identified: [] as Cost[], smaller: [] as Cost[] };
    for (let round = 0; round < ROUNDS; round += 1) {
      costs.save.push(timed(['iptables-nft-save'], enter));
      costs.find.push(cost(() => ourPart(text, wanted)));
      costs.identified.push(cost(() => identified(text)));
      costs.smaller.push(cost(() => ourPart(smaller, wanted)));
    }
    const cpu = (of: readonly Cost[]): number => median(of.map((one) => one.cpu));
    const row = (what: string, of: readonly Cost[]): string[] => [
      what,
      cpu(of).toFixed(0),
      median(of.map(({ wall }) => wall)).toFixed(0),
      (cpu(of) / cpu(costs.save)).toFixed(2),
    ];
    return {
      title: `Our part in the save of a node: ${text.split('\n').filter((line) => line.startsWith('-A')).length} rules, ${(text.length / 1e6).toFixed(1)} MB, medians of ${ROUNDS} rounds`,
      head: ['', 'CPU ms', 'wall ms', 'CPU against the save'],
      rows: [
        row('iptables-nft-save', costs.save),
        row('read it and find our part', costs.find),
        row('read it and identify our part', costs.identified),
        row('read and find for the first time in a process', [first]),
        row('read and find in a tenth of the rules', costs.smaller),
      ],
      limits: [
        { what: 'our part found, against the save that prints it', measured: cpu(costs.find) / cpu(costs.save), most: MOST },
        { what: 'the same for the first time in a process', measured: first.cpu / cpu(costs.save), most: MOST_FIRST },
        { what: 'our part identified, against the save', measured: cpu(costs.identified) / cpu(costs.save), most: MOST_IDENTIFIED },
        { what: 'ten times the rules', measured: cpu(costs.find) / cpu(costs.smaller), most: MOST_GROWTH },
      ],
    };
  });
}

/** Reads a save and finds our part in it, which must be what was put there. */
function ourPart(text: string, wanted: string): void {
  const live: Ruleset = readRules(text).rulesets[0] ?? { family: 'ip', tables: [] };
  const owned = ownedIn({ ip: live, ip6: { family: 'ip6', tables: [] } });
  if (printSave(keepOnly(live, owned.ip)) !== wanted) throw new Error('our part of the save was not found');
}

/** Reads a save and tells the settings of our part, which are known to be there. */
function identified(text: string): void {
  const { outcome } = identify(observeText(readRules(text)));
  if (outcome !== 'exact') throw new Error('our part of the save was not identified');
}

function cost(work: () => void): Cost {
  const [cpu, wall] = [process.cpuUsage(), process.hrtime.bigint()];
  work();
  const { user, system } = process.cpuUsage(cpu);
  return { cpu: (user + system) / 1e3, wall: Number(process.hrtime.bigint() - wall) / 1e6 };
}

function inNamespace<R>(use: (enter: readonly string[]) => R): R {
  const name = `istio-init-node-${process.pid}`;
  spawnSync('ip', ['netns', 'add', name]);
  try {
    return use(['nsenter', `--net=/run/netns/${name}`]);
  } finally {
    spawnSync('ip', ['netns', 'del', name]);
  }
}

/** What a program prints. */
function run([program = '', ...args]: readonly string[], input = ''): string {
  const { status, stdout, stderr } = spawnSync(program, args, { input, encoding: 'utf8', maxBuffer: 1e9 });
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}: ${stderr}`);
  return stdout;
}
