/** The builds read settings and manifests alike: what each of the others says is what Node's says. */

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ASKS_KERNEL, BIN, ROOT, scratchFolder } from '../cli/program.ts';
import type { Namespace } from './namespace.ts';
import { feed, inFresh } from './namespace.ts';
import { describeKernel } from './requirements.ts';
import { sharedNamespace } from './shared-namespace.ts';
import { PATH } from './starting.ts';
import { played, playedByBuild } from './trials.ts';

const DRY_RUN = ['apply', '--here', '--dry-run'];
const MANIFESTS = readdirSync(join(ROOT, 'golden/manifests')).flatMap((name) =>
  ['input.yaml', 'input.json'].map((file) => `golden/manifests/${name}/${file}`).filter((file) => existsSync(join(ROOT, file))),
);

/** One build asks the kernel what another asks a program. */
function withoutCounts(text: string): string {
  return text.replace(/\d+ commands?/g, 'commands').replace(/"processes": \d+/g, '"processes"');
}

/** What a build says. */
function said(folder: string, namespace: string, args: readonly string[], input?: string | Uint8Array): object {
  const words = ['netns', 'exec', namespace, join(folder, 'istio-init'), ...args];
  const { status, stdout, stderr } = spawnSync('ip', words, {
    cwd: ROOT,
    env: { PATH },
    encoding: 'utf8',
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    input,
  });
  return { status, stdout: withoutCounts(stdout), stderr: withoutCounts(stderr) };
}

// Node's starts slowest by far. Over a part of all the executable is held to it, and the static one to the executable over all.
const OTHER_BUILD = ASKS_KERNEL && existsSync(join(ROOT, 'dist/bin/istio-iptables')) ? join(ROOT, 'dist/bin') : join(ROOT, 'bin');

// What stands there is the same for both, whoever has made it: so by the build that starts fastest.
const FASTEST = ['dist/static', 'bin'].map((folder) => join(ROOT, folder, 'istio-iptables')).find((file) => existsSync(file));

const OURS = `"$ISTIO" -p 15001 -z 15006 -u 1337 -m REDIRECT -i '*' -b '*' -d 15090`;

/** What may stand in a namespace, and how it comes there. */
const STATES: readonly (readonly [what: string, script: string])[] = [
  ['nothing', 'true'],
  ['the rules of a pod', OURS],
  ['those of TPROXY, DNS and invalid packets', `"$ISTIO" -m TPROXY -i '*' -b '*' --redirect-dns --drop-invalid`],
  ['those of an old release', `ISTIO_INIT_RELEASE=1.3.2 "$ISTIO" -p 15001 -u 1337 -m REDIRECT -i '*' -b '*'`],
  ['those of legacy', `${OURS} --force-iptables-binary=legacy`],
  ['native ones', `NATIVE_NFTABLES=true ${OURS}`],
  ['native ones, and one of iptables', `NATIVE_NFTABLES=true ${OURS}; iptables-nft -t nat -A OUTPUT -j RETURN`],
  [
    'rules of others before them',
    `${OURS}; iptables-nft -t nat -I OUTPUT -p tcp --dport 22 -j RETURN; iptables-nft -A INPUT -m limit --limit 1/s -j ACCEPT`,
  ],
  ['a rule of nft among them', `${OURS}; nft add rule ip nat OUTPUT ct state new accept`],
  ['a set of nft among them', `${OURS}; nft insert rule ip nat OUTPUT ip daddr { 10.9.9.1, 10.9.9.2 } accept`],
  ['all but one of them', `${OURS}; iptables-nft -t nat -D OUTPUT -j ISTIO_OUTPUT`],
  [
    'a comment that looks like rules',
    `${OURS}; iptables-nft -t nat -N X; iptables-nft -t nat -A X -m comment --comment "$(printf 'x\\n-A OUTPUT -j ISTIO_OUTPUT\\n')" -j RETURN`,
  ],
  [
    'a name that looks like rules',
    `iptables-nft -t nat -N X; iptables-nft -t nat -A X -m recent --set --name "$(printf 'x\\n-A OUTPUT -j ISTIO_OUTPUT\\n-A OUTPUT')" -j RETURN`,
  ],
  ['a chain whose name only looks like ours', 'iptables-nft -t nat -N ISTIO_X; iptables-nft -t nat -A OUTPUT -j ISTIO_X'],
  [
    'a chain of ours that others use',
    'iptables-nft -t nat -N ISTIO_OUTPUT; iptables-nft -t nat -N USER; iptables-nft -t nat -A USER -j ISTIO_OUTPUT; iptables-nft -t nat -A OUTPUT -j USER',
  ],
  ['kube-proxy, as tables', 'nft add table ip kube-proxy'],
  ['kube-proxy, as chains', 'iptables-nft -t nat -N KUBE-SERVICES'],
  ['what an interrupted run leaves', 'for c in INPUT FORWARD OUTPUT; do iptables-nft -I $c -j DROP; done'],
  ['a hook before ours', `${OURS}; nft add table ip x; nft 'add chain ip x o { type nat hook output priority -110; }'`],
  ['policy routing alone', 'ip rule add fwmark 1337 lookup 133; ip route add local default dev lo table 133'],
  ['both backends', `iptables-legacy -t nat -A OUTPUT -p tcp -j RETURN; ${OURS} --force-iptables-binary=nft`],
  [
    'a rule that asks what iptables can not print',
    "nft add table ip nat; nft 'add chain ip nat WEIRD.name'; nft add rule ip nat WEIRD.name ip ttl 7 accept",
  ],
  [
    'a table that sleeps',
    "nft 'add table ip nat { flags dormant; }'; nft 'add chain ip nat OUTPUT { type nat hook output priority -100; }'",
  ],
  [
    'a policy and a mark',
    'iptables-nft -P OUTPUT DROP; iptables-nft -t mangle -A OUTPUT -j MARK --set-mark 7; ip rule add fwmark 7 lookup 133',
  ],
];

const LEFT = `iptables-nft-save; ip6tables-nft-save; iptables-legacy-save; nft list ruleset
${feed('ip -force -batch -', 'rule show\naddress show dev lo\nroute show table 133\n')}`;

const MARK = '### ';
const POD = 'link set lo up\naddress add 192.0.2.10/32 dev lo\n';

/** What a build's drop-in says, and what is there after it, without times and counters. */
async function leftBy({ run }: Pick<Namespace, 'run'>, folder: string, state: string, words: readonly string[]): Promise<object> {
  const script = `ISTIO=${FASTEST}
(${state}) </dev/null >/dev/null 2>&1
env -i PATH=${PATH} ${folder}/istio-iptables ${words.map((word) => `'${word}'`).join(' ')} </dev/null
echo "${MARK}$?"
(${LEFT}) 2>/dev/null`;
  const { stdout, stderr } = await run(inFresh(POD, script));
  const [said = '', left = ''] = stdout.split(MARK);
  return {
    said,
    logged: withoutCounts(stderr.replaceAll(/^\d{4}-[\d-]+T[\d:.]+Z/gm, '')),
    // The first line is the exit code.
    left: left.replaceAll(/^#.*\n|\[\d+:\d+\]|packets \d+ bytes \d+|valid_lft.*/gm, ''),
  };
}

describe('another build than that for Node', () => {
  describeKernel('says the same', () => {
    const pod = sharedNamespace();

    // A dry run touches nothing, and who is refused has not begun.
    const expectAlike = (args: readonly string[], input?: string | Uint8Array): void => {
      const { name } = pod();
      expect(said(BIN, name, args, input)).toEqual(said(OTHER_BUILD, name, args, input));
    };

    it.each(played(MANIFESTS))('of %s', (file) => {
      expectAlike([...DRY_RUN, '-f', file]);
    });

    it.each(
      playedByBuild([
        ['a folder', [...DRY_RUN, '-f', 'docs/examples']],
        ['one of several workloads', [...DRY_RUN, '-f', 'docs/examples/bookinfo.yaml', '--workload', 'ratings-v1']],
        ['values of a mesh', [...DRY_RUN, '--values', 'docs/examples/values-istio-init.yaml']],
        ['settings', [...DRY_RUN, '--set', 'mode=TPROXY', '--release', '1.20', '-o', 'json']],
        ['arguments', [...DRY_RUN, '--env', 'ISTIO_META_DNS_CAPTURE=true', '--nameserver', '10.96.0.10', '--', '-p', '15001']],
        ['a file that is not there', [...DRY_RUN, '-f', 'nowhere.yaml']],
        ['help of a command', ['help', 'apply']],
        ['help of settings', ['clean', '--help', '--here']],
        ['a misspelt option', ['apply', '--here', '--on-drif', 'fail']],
        ['an option without its value', ['apply', '--here', '-f']],
        ['an operand', ['clean', '--here', 'x']],
        ['two targets', ['probe', '--here', '--pid', '7']],
        ['camel case', ['apply', '--here', '--onDrift=nope']],
        ['values of booleans', ['apply', '--here=false', '--netns=/nowhere', '--dry-run=true']],
        ['the version', ['--version']],
      ]),
    )('of %s', (_, args) => {
      expectAlike(args);
    });

    it('of what comes on standard input, in UTF-8, in UTF-16, cut, and of bytes that are no text', () => {
      const text =
        'apiVersion: v1\nkind: Pod\nmetadata:\n  name: größe\n  annotations:\n    sidecar.istio.io/inject: "true"\nspec:\n  containers:\n  - name: app\n';
      for (const input of playedByBuild([
        text,
        `\ufeff${text}`,
        Buffer.from(`\ufeff${text}`, 'utf16le'),
        Buffer.from(text).subarray(0, 47),
        Uint8Array.from({ length: 3000 }, (_, index) => (index * 7919) % 256),
        '',
      ]))
        expectAlike([...DRY_RUN, '-f', '-'], input);
    });

    it('of a text of UTF-16 in a file, and of a page with several parts', () => {
      const folder = scratchFolder();
      try {
        folder.write('wide.yaml', Buffer.from('apiVersion: istio-init/v1\nkind: SidecarCapture\nspec: {}\n', 'utf16le'));
        folder.write('page.md', '# Two\n\n```yaml\napiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: []}\n```\n');
        for (const name of playedByBuild(['wide.yaml', 'page.md', 'page.md#1', 'page.md#a']))
          expectAlike([...DRY_RUN, '-f', join(folder.path, name)]);
      } finally {
        folder.remove();
      }
    });

    // A build may ask the kernel what another asks nft: over whatever stands there, both leave and say the same.
    it.each(playedByBuild(STATES))('over %s', async (_, state) => {
      for (const words of [
        ['-i', '*', '-b', '*'],
        ['-m', 'TPROXY', '--cleanup-only', '--log_output_level=default:debug'],
      ])
        expect(await leftBy(pod(), BIN, state, words)).toEqual(await leftBy(pod(), OTHER_BUILD, state, words));
    });
  });
});
