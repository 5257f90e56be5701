/** Commands that are seldom typed, typed wrongly: each is refused in one line that names what was typed and says what is allowed. */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, describe, expect, it } from 'vitest';
import { ROOT, run, SHELL_PROGRAM, scratchFolder } from './program.ts';

const folder = scratchFolder();
afterAll(folder.remove);
mkdirSync(join(folder.path, 'bare'));
folder.write('note.yaml', 'x: y\n');
folder.write('empty', '');
folder.write('binary', `\0\x01\x02${'\0'.repeat(200)}`);
const SHOP = join(ROOT, 'docs/examples/bookinfo.yaml');

type Bad = readonly [words: string, says: string];

const NO_OPTION = (command: string): Bad => ['--foo', `--foo is not an option here; istio-init ${command} --help lists them`];
const NAMESPACES: readonly Bad[] = [
  ['--pid 0', '--pid "0" is not the number of a process'],
  ['--pid x', '--pid "x" is not the number of a process'],
  ['--pid=', '--pid "" is not the number of a process'],
  ['--pid 4194305', '--pid: process 4194305 does not exist'],
  ['--netns missing', '--netns: the network namespace missing does not exist'],
  ['--netns=', '--netns a path must follow, as /run/netns/NAME'],
  ['--netns bare', '--netns bare is not a network namespace'],
  ['--netns note.yaml', '--netns note.yaml is not a network namespace'],
  ['--here --pid 7', '--here, --pid, --netns each name a network namespace: give one of them'],
  ['live', '"live" is one too many: there are no operands here; --here names it'],
  ['pid:7', '"pid:7" is one too many: there are no operands here; --pid 7 names it'],
  ['netns:/run/netns/a', '"netns:/run/netns/a" is one too many: there are no operands here; --netns /run/netns/a names it'],
];
const SETTINGS: readonly Bad[] = [
  ['-f missing.yaml', 'missing.yaml does not exist'],
  ['-f bare', 'bare holds no manifest (*.yaml, *.yml, *.json)'],
  ['-f empty', 'empty is empty'],
  ['-f binary', 'binary is binary, not text'],
  ['-f note.yaml', 'note.yaml:1:1 "kind": found nothing, expected a kind of Kubernetes, such as Pod or Deployment'],
  [
    `-f ${SHOP}`,
    'holds 6 workloads (details-v1, ratings-v1, reviews-v1, reviews-v2, reviews-v3, productpage-v1); choose one with --workload',
  ],
  [`-f ${SHOP} --workload detials-v1`, '(did you mean details-v1?)'],
  ['--set mode=REDIRCT', '--set "mode": "REDIRCT" is not REDIRECT, TPROXY, NONE (did you mean REDIRECT?)'],
  ['--set inbound.exludePorts=1', '(did you mean inbound.excludePorts?)'],
  ['--release 1.99', '--release "1.99" is not a known release of Istio; known: 1.0.0 to 1.30.3'],
  ['--address here', '--address "here" is not an address such as 10.1.2.3 or 2001:db8::7'],
  ['--env A', '--env goes with arguments after --'],
  ['--installer cin', '--installer "cin" is not one of init, cni (did you mean cni?)'],
  ['--image-release x', '--image-release goes with manifests; name them with -f'],
  ['--deadline x', '--deadline "x" is not a number of seconds, as 30'],
  ['note.yaml', '"note.yaml" is one too many: there are no operands here; -f note.yaml names it'],
  ['-- --fo', 'istio-iptables "--fo" is not a flag of istio-iptables 1.30.3'],
];

const BAD: Readonly<Record<string, readonly Bad[]>> = {
  explorer: [
    NO_OPTION('explorer'),
    ['missing.yaml', 'missing.yaml does not exist'],
    ['bare', 'bare holds no manifest'],
    ['empty', 'empty is empty'],
    ['binary', 'binary is binary, not text'],
    ['missing.yaml note.yaml', 'missing.yaml does not exist'],
    ['@1.99', '@1.99 "1.99" is not a known release of Istio; known: 1.0.0 to 1.30.3'],
    ['pid:x', 'pid: "x" is not the number of a process, as in pid:4711'],
    ['pid:4194305', 'pid:4194305: process 4194305 does not exist'],
    ['netns:', 'netns: a path must follow, as in netns:/run/netns/NAME'],
    ['netns:missing', 'netns:missing: the network namespace missing does not exist'],
    ['exec:', "exec: a command for the shell must follow, as in 'exec:istio-iptables'"],
    ['-o svg', '-o is not an option here; why, preview, '],
    ['-f note.yaml', '-f is not an option here; why, preview, '],
    ['--release 1.28', '--release is not an option here; why, preview, '],
    ['--workload a', '--workload is not an option here; why, preview, '],
    ['note.yaml -- -p 1', '-- goes before arguments of istio-iptables, which explorer does not take; why, preview, '],
  ],
  conform: [
    NO_OPTION('conform'),
    ['', 'PROGRAM is missing: name the program to run, as in conform pilot-agent istio-iptables'],
    ['nothing-like-it', 'PROGRAM "nothing-like-it" is no program, neither here nor on the search path'],
    ['./note.yaml', 'PROGRAM "./note.yaml" is no program'],
    ['bare', 'PROGRAM "bare" is no program'],
    ['/bin/true -o svg', '--output "svg" is not one of text, json, junit'],
    ['/bin/true -o junt', '(did you mean junit?)'],
    ['/bin/true --release 1.99', '--release "1.99" is not a known release of Istio; known: 1.0.0 to 1.30.3'],
    ['/bin/true --cases missing', 'missing does not exist'],
    ['/bin/true --cases bare', 'bare holds no case (*.yaml, *.yml, *.json)'],
    ['/bin/true --cases note.yaml', 'note.yaml:1:1 args must be a list'],
    ['/bin/true --cases empty', 'empty is empty'],
    ['/bin/true --only cases', '--only cases needs --cases DIR'],
    ['/bin/true --only zzz', '--only: no case has "zzz" in its name'],
    ['/bin/true --env A', '--env "A" is not a variable, as K=V'],
    ['/bin/true --deadline x', '--deadline "x" is not a number of seconds, as 30'],
    ['/bin/true --color sometimes', '--color "sometimes" is not one of auto, always, never'],
    ['/bin/true --case x', '--case is not an option here (did you mean --cases?)'],
    ['/bin/true --netns x', '--netns is not an option here; probe, apply and clean have it'],
  ],
  audit: [
    NO_OPTION('audit'),
    ['note.yaml', '"note.yaml" is no operand of an audit, which looks at all pods of its node; a file goes with --summarize'],
    ['live', '"live" is no operand of an audit'],
    ['--watch live', '"live" is no operand of an audit'],
    ['--jobs 0', '--jobs "0" is not a number from 1 to 64'],
    ['--jobs 1.5', '--jobs "1.5" is not a number from 1 to 64'],
    ['--every 0', '--every "0" is not a number from 1 to 86400'],
    ['--every -5s', '--every "-5s" begins with a hyphen, as options do: --every=-5s is a value'],
    ['--listen :80', '--listen goes with --every: an audit of one round ends, and answers nobody'],
    ['-o csv', '--output "csv" is not one of text, json'],
    ['-o jsn', '(did you mean json?)'],
    ['--summarize', '--summarize wants a file with lines of audits, or - for standard input'],
    ['--summarize missing', 'missing does not exist'],
    ['--summarize bare', 'bare holds no lines of audits (*.json); name a file that has some'],
    ['--summarize note.yaml', '--summarize note.yaml holds no line of an audit'],
    ['--summarize binary', 'binary is binary, not text'],
    ['--values missing.yaml', 'missing.yaml does not exist'],
    ['--installer cin', '(did you mean cni?)'],
    ['--release 1.99', '--release "1.99" is not a known release of Istio; known: 1.0.0 to 1.30.3'],
    ['-n shop', '--namespace goes with --watch: an audit asks its own node, and no cluster'],
    ['--watch --metrics a.prom', '--metrics goes with an audit of a node; with --watch the DaemonSet has it'],
    ['--sumarize a', '--sumarize is not an option here (did you mean --summarize?)'],
    ['--node', '--node needs a value'],
    ['-- -p 1', '-- goes before arguments of istio-iptables, which audit does not take; '],
  ],
  probe: [
    NO_OPTION('probe'),
    ...NAMESPACES,
    ...SETTINGS,
    ['--port 0', '--port "0" is not a port (1 to 65535)'],
    ['--port 99999', '--port "99999" is not a port (1 to 65535)'],
    ['--port http', '--port "http" is not a port (1 to 65535)'],
    ['--timeout 5', '--timeout "5" is not a duration such as 5s'],
    ['--timeout -5s', '--timeout "-5s" begins with a hyphen, as options do: --timeout=-5s is a value'],
    ['--tmeout 5s', '--tmeout is not an option here (did you mean --timeout?)'],
  ],
  apply: [
    NO_OPTION('apply'),
    ['', 'name the network namespace to work in: --here, --pid N or --netns PATH'],
    ...NAMESPACES,
    ...SETTINGS.map(([words, says]): Bad => [`--here --dry-run ${words}`, says]),
    ['--here --dry-run --backend nftt', '--backend "nftt" is not one of nft, legacy, plain'],
    ['--here --dry-run --on-drift repair', '--on-drift "repair" is not one of reconcile, fail, report'],
    ['--here --dry-run -o svg', '--output "svg" is not one of text, json'],
    ['--here --dry-run --bakend nft', '--bakend is not an option here (did you mean --backend?)'],
  ],
  clean: [
    NO_OPTION('clean'),
    ['', 'name the network namespace to work in: --here, --pid N or --netns PATH'],
    ...NAMESPACES,
    ['note.yaml', '"note.yaml" is one too many: there are no operands here'],
    ['--here --dry-run --backend nftt', '--backend "nftt" is not one of nft, legacy, plain'],
    ['--here --dry-run -o svg', '--output "svg" is not one of text, json'],
    ['--here --dry-run --set mode=NONE', '--set is not an option here; why, preview, '],
    ['--here --dry-run -f note.yaml', '-f is not an option here; why, preview, '],
    ['--here --dry-run --on-drift fail', '--on-drift is not an option here; apply has it'],
    ['--here --dry-run --exact', '--exact is not an option here; apply has it'],
    ['--here --dry-run -- -p 1', '-- goes before arguments of istio-iptables, which clean does not take; '],
  ],
};

/** What needs a right, or a cluster, is refused for what was typed before anything else is looked at. */
describe.concurrent.each(Object.entries(BAD))('%s', (command, bad) => {
  it.each(bad)('%s', async (words, says) => {
    const { exitCode, stdout, stderr } = await run([command, ...words.split(' ').filter((word) => word !== '')], { cwd: folder.path });
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(/^istio-init: [^\n]+\n$/);
    expect(stderr.startsWith(`istio-init: ${command}: `)).toBe(true);
    expect(stderr).toContain(says);
  });
});

describe.concurrent('where an answer goes', () => {
  const inBash = async (script: string): Promise<object> => {
    const { exitCode, stdout, stderr } = await execa('bash', ['-c', script, 'bash', SHELL_PROGRAM], {
      reject: false,
      cwd: folder.path,
      stdin: 'ignore',
    });
    return { exitCode, stdout, stderr };
  };

  it.each(['explorer', 'explorer --help', 'audit --help', 'apply --help', 'conform --help', 'clean --help', 'probe --help'])(
    'a full disk is said, a reader that has gone is not: %s',
    async (words) => {
      expect(await inBash(`"$1" ${words} >/dev/full`)).toEqual({
        exitCode: 2,
        stdout: '',
        stderr: 'istio-init: standard output can not be written: no space is left (ENOSPC)',
      });
      expect(await inBash(`set -o pipefail; "$1" ${words} | head -c 1 >/dev/null`)).toMatchObject({ exitCode: 0, stderr: '' });
    },
  );

  it.each(['1', '0', '-3', 'wide', '100000'])('help fits a terminal of an odd width: COLUMNS=%s', async (columns) => {
    for (const command of Object.keys(BAD)) {
      const found = await inBash(`COLUMNS=${columns} "$1" ${command} --help`);
      expect(found).toMatchObject({ exitCode: 0, stderr: '', stdout: expect.stringContaining(`istio-init ${command}`) });
    }
  });
});
