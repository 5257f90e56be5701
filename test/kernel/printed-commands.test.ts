/**
 * Every command of another program that some text of this one names is run: iptables, nft and ip in a namespace, kubectl
 * against an API server, what runs on a node with the number of a process. A text with a command that is in no row fails.
 */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { explainCause } from '../../src/istio/found/runs/cause-and-fix.ts';
import { runIn } from '../../src/istio/found/runs/run.ts';
import { planFromSettings } from '../../src/istio/kubernetes/plan-from-settings.ts';
import { modulesFor } from '../../src/netfilter/kernel-modules.ts';
import { printRestore } from '../../src/netfilter/print.ts';
import { ROOT, SHELL_BIN, scratchFolder } from '../cli/program.ts';
import type { ApiServer } from '../cluster/api-server.ts';
import { CAN_DEBUG } from '../cluster/kubectl.ts';
import { auditPod, IMAGE, liveCluster, webPod } from '../cluster/live-cluster.ts';
import { commandsIn, printedCommands } from '../printed.ts';
import { feed, inNamespace } from './namespace.ts';
import { describeKernel } from './requirements.ts';

const PRINTED = printedCommands(join(ROOT, 'src'));
const PLAN = planFromSettings({});
const MADE = feed('iptables-nft-restore --noflush', printRestore(PLAN.ip));
const LOG = '2023-03-01T10:11:12.123456Z\terror\tiptables-restore: line 2 failed\n';
const POD = 'web-59757bb7d8-1';

/** What people write in place of the words in capitals. */
const filled = (command: string): string =>
  command.replaceAll('POD', POD).replaceAll('IMAGE', IMAGE).replaceAll('$0', 'istio-init').replaceAll('sudo ', '');

/** Those that ask a cluster: what is to be asked of the API server, and what the answer shows. */
const IN_CLUSTER: readonly {
  readonly says: RegExp;
  readonly asks: RegExp;
  readonly shows: RegExp;
  readonly more?: string;
  readonly exits?: number;
}[] = [
  {
    says: /^kubectl logs -n istio-init-audit -l app=istio-init-audit --tail=-1/,
    asks: /istio-init-audit\/pods\?labelSelector=app%3Distio-init-audit/,
    shows: /pods?/,
  },
  {
    says: /^kubectl get pods -A -o json \| (?:\$0|istio-init) (?:escapes|lint -f -|preview -f -|lint -)$/,
    asks: /^GET \/api\/v1\/pods\?/,
    shows: /web|escape|pod/i,
  },
  {
    says: /^kubectl logs POD -c istio-init(?: --previous)? \| (?:\$0|istio-init)$/,
    asks: /pods\/web-59757bb7d8-1\/log\?.*container=istio-init/,
    shows: /THE RUN FAILED/,
    exits: 1,
  },
  {
    says: /^kubectl logs POD -c rules \| istio-init check -$/,
    asks: /pods\/web-59757bb7d8-1\/log\?.*container=rules/,
    shows: /THE RUN FAILED/,
    exits: 1,
  },
  { says: /^kubectl describe pod$/, asks: /pods\/web-59757bb7d8-1/, shows: /istio-init:/, more: ` ${POD}` },
  { says: /^kubectl describe node$/, asks: /^GET \/api\/v1\/nodes\/node-a/, shows: /DiskPressure/, more: ' node-a' },
  { says: /^kubectl config get-contexts$/, asks: /^$/, shows: /trial/ },
  { says: /^kubectl -n istio-system get pods -o wide$/, asks: /namespaces\/istio-system\/pods/, shows: /istio-cni-node/ },
  {
    says: /^kubectl -n istio-system get pods -l app=ztunnel -o wide$/,
    asks: /labelSelector=app%3Dztunnel/,
    shows: /^(?=[\s\S]*ztunnel-1)(?![\s\S]*istio-cni-node)/,
  },
];

/** What makes something of its own in a cluster, which kernel/live-pods and the tests of pods run; here its words are judged by kubectl. */
const MAKES: readonly RegExp[] = [
  /^kubectl apply -f audit-daemonset\.yaml$/,
  /^kubectl debug POD --profile=netadmin --image=IMAGE -c rules -- iptables-save$/,
];

/** Those that look at a namespace, and what they show of one with Istio's rules. */
const LOOKS: readonly { readonly says: RegExp; readonly shows: RegExp }[] = [
  { says: /^iptables -L -v(?: -x| -n)?\b/, shows: /Chain OUTPUT/ },
  { says: /^iptables -L -n -v\b/, shows: /Chain OUTPUT/ },
  { says: /^iptables-save \| \$0 identify -$/, shows: /Istio 1\./ },
  { says: /^nft(?: -j)? list ruleset\b/, shows: /ISTIO_OUTPUT/ },
  { says: /^ip link$/, shows: /lo:/ },
];

/** With the number of a process in the namespace. */
const BY_PROCESS: readonly { readonly says: RegExp; readonly shows: RegExp }[] = [
  { says: /^(?:sudo )?nsenter -t PID -n iptables-save$/, shows: /-A OUTPUT (?:-p tcp )?-j ISTIO_OUTPUT/ },
  { says: /^sudo nsenter -t PID -n sh -exc 'iptables-save; ip6tables-save; :' 2>&1$/, shows: /\+ :/ },
];

/** Begun here and filled in elsewhere: kernel/advice runs each with the state that it speaks of. */
const IN_ADVICE: readonly RegExp[] = [
  /^nsenter -t \{\} -n$/,
  /^nsenter --net=\{\}$/,
  /^nft delete table inet \{\}$/,
  /^nft (?:list|delete) table \{\}/,
  /^modprobe (?:-a \{\}|xt_connmark)$/,
];

/** Named as what somebody else did or has to do, on a machine that is none of a test's; or a form of this program's own. */
const NOT_RUN: readonly RegExp[] = [
  /^iptables -F$/,
  /^docker system prune$/,
  /^helm template (?:CHART|\.|\{\})/,
  /^kubectl exec$/,
  /^kubectl debug --profile=(?:sysadmin|netadmin) does$/,
  /^nft -j -f reads$/,
  /^iptables-legacy -S shows/,
  /^ausearch -m avc$/,
  /^dmesg\b/,
  /^ulimit -[nu]$/,
  /^conntrack -L$/,
  /^fuser \/run\/xtables\.lock$/,
];

/** As somebody has it who copied it: a shell reads it. */
const copied = (command: string, { cwd, env = {} }: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {}) =>
  execa('sh', ['-c', command], {
    all: true,
    stdin: 'ignore',
    reject: false,
    ...(cwd && { cwd }),
    env: { ...env, PATH: `${SHELL_BIN}:${process.env['PATH']}` },
  });

it('every command that a text names is run by a test, or named as one that none can run', () => {
  const rows = [
    ...IN_CLUSTER.map(({ says }) => says),
    ...MAKES,
    ...LOOKS.map(({ says }) => says),
    ...BY_PROCESS.map(({ says }) => says),
    ...IN_ADVICE,
    ...NOT_RUN,
  ];
  expect(PRINTED.filter(({ command }) => !rows.some((says) => says.test(command)))).toEqual([]);
  expect(rows.filter((says) => !PRINTED.some(({ command }) => says.test(command))).map(String)).toEqual([]);
});

it('every command that a text names is one word after the other to a shell', async () => {
  for (const { command } of PRINTED) {
    const { exitCode, all } = await execa('sh', ['-n', '-c', filled(command)], { all: true, reject: false });
    expect(exitCode, `${command}: ${all}`).toBe(0);
  }
});

describeKernel('a command that is named', () => {
  it('as a look at a namespace shows what it is said to show', async () => {
    await inNamespace(async (namespace) => {
      await namespace.run(MADE);
      for (const { command } of PRINTED) {
        const row = LOOKS.find(({ says }) => says.test(command));
        if (row === undefined) continue;
        const { stdout, exitCode } = await namespace.run(
          `PATH=${SHELL_BIN}:$PATH\n${filled(command).replace(/ (?:shows?|show them|does)\b.*$/, '')}\n`,
        );
        expect([exitCode, stdout], command).toEqual([0, expect.stringMatching(row.shows)]);
      }
    });
  });

  it('with the number of a process works with that of a real one', async () => {
    await inNamespace(async (namespace) => {
      await namespace.run(MADE);
      const child = execa('ip', ['netns', 'exec', namespace.name, 'sh', '-c', 'echo there; exec sleep 600'], { reject: false });
      try {
        await new Promise((resolve) => child.stdout.once('data', resolve));
        for (const { command } of PRINTED) {
          const row = BY_PROCESS.find(({ says }) => says.test(command));
          if (row === undefined) continue;
          const { all, exitCode } = await copied(filled(command).replaceAll('PID', `${child.pid}`));
          expect([exitCode, all], command).toEqual([0, expect.stringMatching(row.shows)]);
        }
      } finally {
        child.kill();
        await child;
      }
    });
  });

  it('for modules names each as one word, whatever the rule of a log holds', async () => {
    const hostile = ['$(touch pwned)', '`touch pwned`', ';touch\tpwned', "'", '|cat'];
    const folder = scratchFolder();
    try {
      for (const name of hostile) {
        const run = runIn(`+ iptables -t nat -A OUTPUT -m ${name} -m owner -j REDIRECT\niptables: No chain/target/match by that name.\n`);
        const [command = ''] = commandsIn(run?.failures[0]?.fix ?? '');
        expect(command).toMatch(/^modprobe -a [\w ]+$/);
        const { stdout } = await copied(`modprobe() { printf '%s\\n' "$@"; }; ${command}`, { cwd: folder.path });
        expect(stdout.split('\n')).toEqual(['-a', ...modulesFor('nat', ['-A OUTPUT -m owner -j REDIRECT'], 'ip', true)]);
      }
      expect((await copied('ls', { cwd: folder.path })).stdout).toBe('');
    } finally {
      folder.remove();
    }
  });

  it('for the lock names who holds it', async () => {
    const { fix } = explainCause('lock-held', {
      program: 'iptables',
      family: 'ip',
      modules: [],
      rights: { has: () => true, modules: undefined },
      message: '',
    });
    const [command = ''] = commandsIn(fix);
    // A /run of its own: the machine's lock is not touched.
    const script = `mount -t tmpfs none /run && exec 9>/run/xtables.lock && flock 9 && ${command} 2>/dev/null && echo " of $$"`;
    const { stdout } = await execa('unshare', ['-m', 'sh', '-c', script]);
    const [found, own] = stdout.trim().split(' of ');
    expect(found?.trim().split(/\s+/)).toContain(own);
  });
});

(CAN_DEBUG ? describe : describe.skip)('a command of kubectl that is named', () => {
  const folder = scratchFolder();
  let server: ApiServer;

  beforeEach(async () => {
    server = await liveCluster(webPod({ ephemeralContainers: [{ name: 'rules', image: IMAGE }] }), auditPod('node-a'));
    const agent = (name: string, app: string) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: 'istio-system', labels: { app } },
      spec: { nodeName: 'node-a', containers: [{ name: app, image: 'x' }] },
      status: { phase: 'Running' },
    });
    server.change('ADDED', agent('istio-cni-node-1', 'istio-cni-node'));
    server.change('ADDED', agent('ztunnel-1', 'ztunnel'));
    server.change('ADDED', {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: 'node-a' },
      status: { conditions: [{ type: 'DiskPressure', status: 'True', reason: 'KubeletHasDiskPressure', message: 'full' }] },
    });
    for (const name of ['istio-init', 'rules']) server.logs.set(`shop/${POD} ${name}`, LOG);
    folder.write('config', server.kubeconfig);
  });
  afterEach(() => server.close());
  afterAll(() => folder.remove());

  it.each(PRINTED.map(({ command }) => command).filter((command) => IN_CLUSTER.some(({ says }) => says.test(command))))(
    '%s: asks for what it is about',
    async (command) => {
      const row = IN_CLUSTER.find(({ says }) => says.test(command));
      const { all } = await copied(`${filled(command)}${row?.more ?? ''}`, {
        cwd: folder.path,
        env: { KUBECONFIG: join(folder.path, 'config'), HOME: folder.path },
      });
      expect(all).not.toMatch(/unknown (?:flag|command|shorthand)|error: (?!no objects)/);
      expect(all).toMatch(row?.shows ?? /^$/);
      if (row !== undefined && String(row.asks) !== '/^$/') expect(server.requests.filter((line) => row.asks.test(line))).not.toEqual([]);
    },
  );

  it.each(PRINTED.map(({ command }) => command).filter((command) => MAKES.some((says) => says.test(command))))(
    '%s: has the words that kubectl takes',
    async (command) => {
      mkdirSync(join(folder.path, 'docs'), { recursive: true });
      await execa('cp', [join(ROOT, 'docs/examples/audit-daemonset.yaml'), folder.path]);
      const dry = command.startsWith('kubectl apply') ? ' --dry-run=client --validate=false' : '';
      const { all } = await copied(filled(command).replace(' -- ', ' --attach=false -- ') + dry, {
        cwd: folder.path,
        env: { KUBECONFIG: join(folder.path, 'config'), HOME: folder.path },
      });
      expect(all).not.toMatch(/unknown (?:flag|command|shorthand)|unknown profile/);
    },
  );
});
