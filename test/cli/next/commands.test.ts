/** What an answer says to ask next is a whole command: pasted into a shell, it works. */

import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, describe, expect, it } from 'vitest';
import type { Run } from '../program.ts';
import { ROOT, run, SHELL_BIN, scratchFolder } from '../program.ts';

const folder = scratchFolder();
afterAll(folder.remove);

const LISTING = 'golden/captures/2021-01-default.list.txt';
const SAVE = 'golden/captures/damaged-default.save.txt';
const ONE = 'docs/examples/one-deployment.yaml';
const MANY = 'docs/examples/bookinfo.yaml';
const INJECTED = 'docs/examples/injected-1.6.yaml';
const SIDECAR = 'docs/examples/sidecar.yaml';

const deployment = (name: string, annotations: object): object => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace: 'shop' },
  spec: {
    template: {
      metadata: { annotations: { 'sidecar.istio.io/inject': 'true', ...annotations } },
      spec: { containers: [{ name, image: 'registry.example/app' }] },
    },
  },
});
const excluded = (ports: string): object => ({ 'traffic.sidecar.istio.io/excludeOutboundPorts': ports });
const list = (...items: readonly object[]): string => JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
folder.write('shop list.json', list(deployment('orders', excluded('3306')), deployment('cart', excluded('5432')), deployment('web', {})));
folder.write('later.json', list(deployment('orders', {}), deployment('cart', excluded('5432'))));
const many = Array.from({ length: 12 }, (_, index) => deployment(`app-${index}`, excluded(`${3300 + index}`)));
folder.write('twelve.json', list(...many));
folder.write(
  'allow.yaml',
  `apiVersion: istio-init/v1
kind: EscapeAllowances
allow: []
`,
);
const SHOP = `'${join(folder.path, 'shop list.json')}'`;
const LATER = join(folder.path, 'later.json');
const TWELVE = join(folder.path, 'twelve.json');
const ALLOW = join(folder.path, 'allow.yaml');

const RUNS = new Map<string, Promise<Run>>();

/** Runs a line as a shell does, once for all who name it. One that is a call of the program alone, the shell only takes apart. */
function shell(line: string): Promise<Run> {
  const found = RUNS.get(line) ?? answered(line);
  RUNS.set(line, found);
  return found;
}

async function answered(line: string): Promise<Run> {
  if (line.startsWith('istio-init ')) {
    const { stdout, exitCode } = await bash(`istio-init() { printf '%s\\0' "$@"; }; ${line}`);
    if (exitCode !== 0) throw new Error(`bash can't take this apart: ${line}`);
    return run(stdout.split('\0').slice(0, -1));
  }
  return bash(line);
}

async function bash(line: string): Promise<Run> {
  const env = { PATH: `${SHELL_BIN}:${process.env['PATH']}` };
  const { exitCode, stdout, stderr } = await execa('bash', ['-c', line], {
    cwd: ROOT,
    env,
    stdin: 'ignore',
    reject: false,
    timeout: 60_000,
  });
  return { exitCode, stdout, stderr };
}

/** The commands in an answer, each to the end of its line. */
function commandsIn(text: string): readonly string[] {
  return text.split('\n').flatMap((line) => /(?:^\s*|: |^more +)((?:\.\.\. \| )?istio-init [^\s:]+(?: .*)?)$/.exec(line)?.[1] ?? []);
}

/** With something in the places that are left for whoever asks. */
function filled(command: string, input: string): string {
  return command
    .replace('ADDRESS:PORT', '10.0.0.5:3306')
    .replace('--allow FILE', `--allow ${ALLOW}`)
    .replace(/^\.\.\. \|/, `cat ${input} |`);
}

const ASKED: readonly (readonly [words: string, least: number])[] = [
  [LISTING, 1],
  [ONE, 3],
  [MANY, 1],
  [SHOP, 1],
  [TWELVE, 1],
  ['docs/examples', 1],
  ['docs/examples -o text --nameserver 10.0.0.10', 1],
  [`-f ${ONE}`.replace(/^/, 'check '), 3],
  [`check ${SHOP} --from app --to 10.0.0.5:3306`, 1],
  [`check ${SHOP}#orders`, 3],
  [`check ${SHOP} --workload cart --release 1.28`, 3],
  [`check -f ${SHOP} -f ${ONE}`, 1],
  [`check ${INJECTED}@1.28`, 2],
  [`check ${SIDECAR}`, 2],
  [`check ${ONE} --values docs/examples/values-istio-init.yaml`, 3],
  [`check ${LISTING} --from app --to 10.0.0.5:80`, 2],
  [`cat ${LISTING} | istio-init`, 1],
  [`cat ${ONE} | istio-init check -`, 3],
  [`cat ${SHOP} | istio-init`, 1],
  [`cat ${LISTING} | istio-init trace 10.0.0.5:80`, 1],
  [`cat ${LISTING} | istio-init trace --to 10.0.0.5:80`, 1],
  [`cat ${LISTING} | istio-init explain`, 1],
  [`cat ${LISTING} | istio-init identify`, 2],
  [`cat ${LISTING} | istio-init why 10.0.0.5:80`, 1],
  [`cat ${LISTING} | istio-init diff @1.28`, 1],
  [`cat ${SHOP} | istio-init escapes`, 2],
  [`cat ${SHOP} | istio-init diff --annotation excludeInboundPorts=8080`, 1],
  [`cat ${SHOP} | istio-init check '-#orders'`, 2],
  [`cat ${SHOP} | istio-init trace '-#orders' 10.0.0.5:3306`, 1],
  [`cat ${SHOP} | istio-init explain - --workload orders`, 1],
  [`escapes ${SHOP}#orders ${SHOP}#cart`, 1],
  [`escapes ${SHOP} ${ONE} ${LISTING}`, 1],
  [`lint ${SHOP}#orders ${MANY}`, 1],
  [`identify ${LISTING}`, 2],
  [`identify --verbose ${LISTING}`, 2],
  [`identify -o text --family ip ${LISTING}`, 2],
  [`identify -f ${SHOP}`, 2],
  [`cat ${LISTING} | istio-init identify -`, 2],
  [`explain ${LISTING}`, 1],
  [`explain --release 1.20 --set outbound.excludePorts=3306`, 1],
  [`explain -o table -f ${ONE}`, 1],
  [`explain --release=1.28 ${SIDECAR}`, 1],
  [`explain @1.10 -- -p 15001 -b '*'`, 1],
  ['diff @1.20 @1.28', 2],
  [`diff ${ONE} @1.20`, 2],
  [`diff ${SHOP}#orders @1.20 --by packets`, 3],
  ['diff --by packets @1.12 @1.28', 3],
  ['diff @1.12 --by=packets @1.28 --set outbound.excludePorts=3306', 3],
  ['diff @1.12 @1.28 -- -p 15001 -b "*"', 2],
  [`diff ${LISTING} @1.28`, 1],
  [`diff ${SAVE}`, 1],
  [`diff ${INJECTED}@1.6 ${INJECTED}@1.28`, 2],
  [`diff -f ${INJECTED} @own @1.28`, 1],
  [`diff ${SHOP} ${LATER}`, 1],
  [`diff ${SHOP} --annotation excludeInboundPorts=8080`, 1],
  [`diff ${SHOP}#orders --set inbound.excludePorts+=8080`, 1],
  ['changes 1.20..1.28', 1],
  ['changes -o text 1.9.5..1.10.1', 1],
  [`lint ${SHOP} ${ONE}`, 1],
  [`lint -o table ${MANY}`, 1],
  [`escapes ${SHOP}`, 2],
  [`escapes -f ${SHOP} -f ${ONE} --release 1.28`, 2],
  [`escapes --release 1.28 ${ONE}#shop`, 2],
  ['escapes --set outbound.excludePorts=3306', 2],
  [`trace --from outside --to pod:22 @1.12`, 1],
  [`trace ${LISTING} [2001:db8::1]:80 -6`, 1],
  [`trace ${LISTING} 10.0.0.5:80 --proxy=uid:1001,gid:1001`, 1],
  [`trace ${TWELVE} 10.0.0.5:3306`, 1],
  [`trace --request client-to-app ${SHOP}#orders`, 1],
  [`trace --port 15020`, 1],
  [`why ${ONE} 10.0.0.5:3306`, 1],
  [`why ${LISTING} ${MANY} ratings-v1 to 10.0.0.5:3306`, 1],
  [`why ${LISTING} ${MANY} --workload ratings-v1 uid:1337 to 10.0.0.5:3306`, 1],
  [`why ${LISTING} ${MANY}#ratings-v1 10.0.0.5:3306`, 1],
  [`why ${MANY} ${LISTING} ${SAVE} deploy/details-v1 to 10.0.0.5:3306`, 1],
  [`cat ${MANY} | istio-init why ${LISTING} - ratings-v1 to 10.0.0.5:3306`, 1],
  [`why ${SHOP} orders to 10.0.0.5:3306`, 1],
  [`why ${SHOP} 10.0.0.5:3306`, 1],
  [`why @1.20 @1.28 --nameserver 10.0.0.10 uid:1337 to 10.0.0.5:3306`, 1],
  [`why -f ${SHOP} -f ${ONE} 10.0.0.5:3306`, 1],
  [`why ${LISTING} ${ONE} pod:8080`, 1],
  [`why ${TWELVE} 10.0.0.5:3306`, 1],
];

describe.concurrent('what an answer names to ask next works as it stands', () => {
  it.each(ASKED)('%s', async (words, least) => {
    const asked = words.includes('| istio-init') ? words : `istio-init ${words}`;
    const { stdout, exitCode } = await shell(asked);
    const commands = [...new Set(commandsIn(stdout))];
    expect(commands.length, stdout).toBeGreaterThanOrEqual(least);
    const input = /^cat ((?:'[^']*'|\S)+)/.exec(asked)?.[1] ?? '';
    for (const command of commands.filter((one) => !/ PID|pid:PID/.test(one))) {
      const found = await shell(filled(command, input));
      // What had no answer in the first place has none here.
      expect([0, 1, ...(exitCode === 2 ? [2] : [])], `${command}\n${found.stderr}`).toContain(found.exitCode);
      expect(found.stdout, command).not.toBe('');
    }
  });

  it('names no command by a part of it', async () => {
    for (const [words] of ASKED.slice(0, 12)) {
      const { stdout } = await shell(words.includes('| istio-init') ? words : `istio-init ${words}`);
      expect(stdout).not.toMatch(/^(?:each|more|next)\b.*(?<!istio-init \S.*) --[a-z]/m);
    }
  });
});
