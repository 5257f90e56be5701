/** Every command as the executable: it says what Node's program says, of which the tests of the commands tell. */

import { spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Ended } from '../cli/kept.ts';
import { runKept } from '../cli/kept.ts';
import { PROGRAM, ROOT, scratchFolder } from '../cli/program.ts';

const NODE = join(ROOT, 'bin/istio-init');
const DEADLINE = 30_000;
const folder = scratchFolder();
for (const name of ['docs', 'golden']) symlinkSync(join(ROOT, name), join(folder.path, name));

const LISTING = 'golden/captures/2021-01-default.list.txt';
const DAMAGED = 'golden/captures/damaged-default.save.txt';
const BOOKINFO = 'docs/examples/bookinfo.yaml';
const POD = 'docs/examples/injected-1.28.yaml';
const SIDECAR = 'docs/examples/sidecar.yaml';
const CONNECTION = '--from app --to 10.0.0.5:3306';

folder.write(
  'drifted.txt',
  '*nat\n:ISTIO_REDIRECT - [0:0]\n-A OUTPUT -p tcp -j ISTIO_REDIRECT\n-A ISTIO_REDIRECT -p tcp -j REDIRECT --to-ports 15001\nCOMMIT\n',
);
folder.write('firewall.txt', '*mangle\n:INPUT ACCEPT [0:0]\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\nCOMMIT\n');
folder.write(
  'größe.yaml',
  'apiVersion: v1\nkind: Pod\nmetadata: {name: größe, annotations: {traffic.sidecar.istio.io/excludeOutboundPorts: "80a"}}\nspec: {containers: [{name: app, image: app}]}\n',
);
folder.write('tabs.yaml', `kind: Service\napiVersion: v1\n---\n${'a:\n\t- b\n---\n'.repeat(250)}`);
folder.write(
  'odd.yaml',
  'apiVersion: istio-init/v1\nkind: SidecarCapture\ninbound: {excludePorts: [0x50, 1e3, 080], includePorts: *x}\ninboundd: 5\n',
);
folder.write('wide.yaml', Buffer.from('\ufeffapiVersion: istio-init/v1\nkind: SidecarCapture\nmode: TPROXY\n', 'utf16le'));

// What a runtime says of a file that it can not read is the runtime's.
folder.write('empty.yaml', '');
folder.write(
  'binary.yaml',
  Uint8Array.from({ length: 256 }, (_, index) => index),
);
folder.write('list.txt.gz', Uint8Array.of(0x1f, 0x8b, 8, 0, 0));
for (const name of ['none', 'papers']) mkdirSync(join(folder.path, name));
folder.write('papers/notes.txt', 'kind: SidecarCapture\n');
symlinkSync('loop.yaml', join(folder.path, 'loop.yaml'));
symlinkSync('here.yaml', join(folder.path, 'there.yaml'));
symlinkSync('there.yaml', join(folder.path, 'here.yaml'));
const sockets = createServer().listen(join(folder.path, 'socket.yaml'));
const UNREADABLE =
  'missing.yaml empty.yaml binary.yaml list.txt.gz none papers loop.yaml here.yaml socket.yaml /dev/zero empty.yaml/x'.split(' ');

afterAll(() => {
  sockets.close();
  folder.remove();
});

/** Words behind the name of a command, and what it exits with. */
type Call = readonly [words: string | readonly string[], exitCode: 0 | 1 | 2];

const FORMS = 'restore save commands list json yaml svg mermaid dot'.split(' ');
const TARGETS: readonly Call[] = [
  ['', 2],
  ['--here --pid 1', 2],
  ['--pid 0x1', 2],
  ['--pid 4194305', 2],
  ['--netns missing', 2],
  ['--netns drifted.txt', 2],
  ['--here --backend nftables', 2],
  ['--here -o jsn', 2],
  ['--here --dry-rnu', 2],
];

const CALLS: Readonly<Record<string, readonly Call[]>> = {
  why: [
    [`${BOOKINFO} --workload ratings-v1 --nameserver 10.96.0.10 10.0.0.5:3306`, 0],
    [`${POD} 10.96.0.5:443 -o json`, 0],
    [`${DAMAGED} 10.0.0.5:80 --color always`, 0],
    [`@1.20 @1.28 10.0.0.5:22`, 0],
    ['@1.28 https://db.example/x', 2],
  ],
  preview: [
    ...FORMS.map((form): Call => [`-f ${SIDECAR} -o ${form}`, 0]),
    ...['nft', 'nft-script', 'nft-json', 'commands'].map((form): Call => [`@1.28 -o ${form} -- -b * -k eth1 --native-nftables`, 0]),
    [`-f ${SIDECAR} -o nft`, 0],
    [`-f ${SIDECAR} --explain --set proxy.port=16001`, 0],
    ['--address 10.1.2.3/24 --address 2001:db8::7/64 --set dualStack=true', 2],
    ['--ambient @1.30 --set where=host --set podIPs=10.244.1.9', 0],
    [`-f ${BOOKINFO} --nameserver 10.96.0.10`, 0],
    [`-o json --set inbound.excludePorts+=${Array.from({ length: 3000 }, (_, index) => index + 1).join(',')}`, 0],
    ['wide.yaml', 0],
    ['größe.yaml', 2],
    ['odd.yaml', 2],
    ['tabs.yaml', 2],
    ['-- -p 99999 -i 10.0.0.0/33 -d', 2],
    ['-o rstore', 2],
    ['--relase 1.23', 2],
    ['-f', 2],
    ...UNREADABLE.map((file): Call => [`-f ${file}`, 2]),
    [['-f', ''], 2],
    [['-f', 'a\nb\u001b[31m'], 2],
  ],
  explain: [
    ['docs/examples/one-deployment.yaml@1.6.14 --verbose', 0],
    ...['json', 'markdown'].map((form): Call => [`-f ${POD} -o ${form}`, 0]),
    [`${BOOKINFO}#ratings-v1 --values docs/examples/values-istio-init.yaml --nameserver 10.96.0.10`, 0],
    [`${BOOKINFO}#odrers`, 2],
    ['größe.yaml', 2],
    ['tabs.yaml', 2],
  ],
  identify: [
    [LISTING, 0],
    ...['json', 'yaml'].map((form): Call => [`${LISTING} -o ${form}`, 0]),
    [`${DAMAGED} -o markdown`, 0],
    ['drifted.txt', 1],
    ['firewall.txt', 2],
    [`${LISTING} -o jsn`, 2],
  ],
  trace: [
    [`@1.20 ${CONNECTION} --expect envoy-outbound`, 0],
    [`@1.20 ${CONNECTION} --protocol udp --state new --mark 7 --out eth1 --source 10.9.9.9:99 -o json --expect envoy-outbound`, 1],
    [`${POD} --from outside --to pod:9080`, 0],
    ['-r ssh -6 --address fd00::5', 0],
    ['--form app', 2],
  ],
  changes: [
    ['1.20..1.28', 0],
    ['1.20..1.28.99 -o json', 0],
    ['1.12..1.13 -o markdown', 0],
    ['1.20..1.99', 2],
    ['', 2],
  ],
  explorer: [
    ['', 0],
    ['missing.yaml', 2],
  ],
  diff: [
    [`${LISTING} ${LISTING}`, 0],
    ...['text', 'patch', 'json'].map((form): Call => [`drifted.txt @1.12 -o ${form}`, 1]),
    ['@1.12 @1.28 --by packets', 1],
    ['firewall.txt', 2],
    ['a b c', 2],
  ],
  check: [
    [LISTING, 0],
    ['drifted.txt', 1],
    [`${DAMAGED} --release 1.12 -o json`, 2],
    ['@1.23 --from app', 2],
    ['missing.yaml', 2],
  ],
  lint: [
    [`${BOOKINFO} --fail-on note -o json`, 1],
    [`${BOOKINFO} -o sarif`, 1],
    ['--explain pod-security', 0],
    ['größe.yaml', 1],
    ['missing.yaml', 2],
  ],
  escapes: [
    [`${POD} -o json`, 1],
    [LISTING, 1],
    ['missing.yaml', 2],
  ],
  audit: [
    ['--summarize missing.jsonl', 2],
    ['--jobs 0', 2],
    ['--listen nowhere', 2],
  ],
  probe: [...TARGETS.slice(1, 4), [`-f ${BOOKINFO} --workload detials-v1`, 2]],
  conform: [
    ['', 2],
    ['--only nothing-is-called-so true', 2],
  ],
  apply: [...TARGETS, ['--here --on-drift repair', 2], ['--here --set mode=REDIRCT', 2], ['--here -- -p 99999', 2]],
  clean: TARGETS.slice(0, 6),
  help: [
    ['', 0],
    ['settings', 0],
    ['trace', 0],
    ['nonsense', 2],
  ],
  version: [
    ['', 0],
    ['x', 2],
  ],
  completion: [...['bash', 'zsh', 'fish', 'powershell'].map((shell): Call => [shell, 0]), ['csh', 2]],
};

const HEAD = 'apiVersion: v1\nkind: Pod\nmetadata:\n  name: größe\nspec:\n  containers: [{name: app, image: app}]\n';

/** The same with something on standard input, for which Node starts anew. */
const FED: readonly (readonly [words: string, input: string | Uint8Array, exitCode: 0 | 1 | 2])[] = [
  ['explain -f -', HEAD, 0],
  ['preview -', Buffer.from(`\ufeff${HEAD}`, 'utf16le'), 0],
  ['check -', Uint8Array.from({ length: 300_000 }, (_, index) => (index * 7919) % 256), 2],
  ['diff - @1.12', '', 2],
];

function started(program: string, args: readonly string[], input?: string | Uint8Array): Ended {
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd: folder.path,
    encoding: 'utf8',
    maxBuffer: 2 ** 24,
    timeout: DEADLINE,
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    input,
  });
  return { exitCode: status ?? undefined, stdout, stderr };
}

describe.each(Object.entries(CALLS))('%s', (command, calls) => {
  it.each(calls)('%j exits with %i and says what it does on Node', async (words, exitCode) => {
    const args = [command, ...(typeof words === 'string' ? words.split(' ').filter((word) => word !== '') : words)];
    const found = started(PROGRAM, args);
    expect(found).toEqual(await runKept(NODE, args, folder.path, DEADLINE));
    expect(found.exitCode).toBe(exitCode);
  });
});

describe('standard input', () => {
  it.each(FED)('%s reads it as on Node', (words, input, exitCode) => {
    const args = words.split(' ');
    const found = started(PROGRAM, args, input);
    expect(found).toEqual(started(NODE, args, input));
    expect(found.exitCode).toBe(exitCode);
  });
});

it('no command is left out', () => {
  const { stderr } = started(PROGRAM, ['nonsense']);
  const [, names = ''] = /there are ([\w, ]+)/.exec(stderr) ?? [];
  expect(Object.keys(CALLS).sort()).toEqual(
    names
      .split(', ')
      .filter((name) => name !== 'analyze')
      .sort(),
  );
});
