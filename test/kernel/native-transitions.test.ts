/** Native runs one after the other, as the real programs made them, and where ours end otherwise. */

import { expect, it } from 'vitest';
import { routingLines } from '../../src/istio/found/conformance/kernel-state.ts';
import { BIN } from '../cli/program.ts';
import type { Transition, TransitionOutcome } from '../golden-nftables.ts';
import { expandWithCandidate, INTENDED_TRANSITIONS, isNamed, TRANSITIONS } from '../golden-nftables.ts';
import type { Namespace } from './namespace.ts';
import { feed, inFresh } from './namespace.ts';
import { describeKernel } from './requirements.ts';
import { normalSave } from './saves.ts';
import { sharedNamespace } from './shared-namespace.ts';
import { PATH } from './starting.ts';
import { PLAYS_ALL, playedByBuild } from './trials.ts';

interface Ended {
  readonly codes: readonly number[];
  readonly nft: readonly string[];
  readonly ip: string;
  readonly ip6: string;
  readonly host: Readonly<Record<string, readonly string[]>>;
}

const MARK = '### ';

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** Tables and their chains and sets; the order in which chains were made means nothing. */
function blocksOf(listing: string): readonly string[] {
  return listing
    .replaceAll('\t', '  ')
    .split(/^(?=table )/m)
    .filter((table) => table !== '' && !/^table ip6? (?:nat|mangle|raw|filter) /.test(table))
    .flatMap((table) => {
      const [head = '', ...blocks] = table.split(/^ {2}(?=\w)/m);
      return blocks.length === 0 ? [head] : blocks.map((block) => `${head.split('\n')[0]} ${block.replace(/\n\}\n$|\n+$/g, '')}`);
    })
    .sort();
}

const CABLE = ['link set lo up', 'link add eth0 type veth peer name other', 'link set eth0 up', 'link set other up'];

/** What is there at the end; a line tells which of the lists it is of. */
const LOOKS = [
  ...['nft -s list ruleset', 'iptables-nft-save', 'ip6tables-nft-save'].map((command) => `${command} 2>/dev/null`),
  feed('ip -4 -batch -', 'rule show\nroute show table all\n'),
  feed('ip -6 -batch -', 'rule show\nroute show table all\naddress show dev lo\n'),
];

function addressLine(address: string): string {
  return `address add ${address} dev eth0${address.includes(':') ? ' nodad' : ''}`;
}

async function run(
  { run: inside }: Namespace,
  { before = '', steps, addresses, nameservers }: Omit<Transition, 'name' | 'outcomes'>,
  release: string,
): Promise<Ended> {
  const script = [
    `export PATH=${PATH}`,
    'mount -t tmpfs none /mnt && >/mnt/resolv.conf',
    ...nameservers.map((server) => `echo nameserver ${server} >>/mnt/resolv.conf`),
    'mount --bind /mnt/resolv.conf /etc/resolv.conf',
    ...(before === '' ? [] : [feed('nft -f -', before)]),
    ...steps.flatMap(({ args, env }) => [
      [
        'env',
        `ISTIO_INIT_RELEASE=${release}`,
        ...Object.entries(env).map(([name, value]) => `${name}=${value}`),
        `${BIN}/istio-iptables`,
        ...args,
      ]
        .map(quoted)
        .join(' ')
        .concat(' >/dev/null 2>&1 </dev/null'),
      `echo '${MARK}code' $?`,
    ]),
    ...LOOKS.flatMap((command) => [`echo '${MARK}part'`, command]),
    '',
  ];
  const { stdout } = await inside(inFresh([...CABLE, ...addresses.map(addressLine), ''].join('\n'), script.join('\n')));
  const [first = '', nft = '', ip = '', ip6 = '', routing = '', routing6 = ''] = stdout.split(`${MARK}part\n`);
  const codes = [...first.matchAll(/^### code (\d+)$/gm)].map(([, code]) => Number(code));
  const host = routingLines({
    ...{ 'ip rule': routing, 'ip route': routing },
    ...{ 'ip -6 rule': routing6, 'ip -6 route': routing6, 'ip -6 addr': routing6 },
  });
  // Every namespace is born with three policy rules without a mark.
  const own = Object.entries(host).map(([command, lines]) => [command, lines.filter((line) => !/^lookup /.test(line))] as const);
  return {
    codes,
    nft: blocksOf(nft),
    ip: normalSave(ip),
    ip6: normalSave(ip6),
    host: Object.fromEntries(own.filter(([, lines]) => lines.length > 0)),
  };
}

function endOf({ codes, nft, ip = '', ip6 = '', host = {} }: TransitionOutcome): Ended {
  return { codes, nft: blocksOf(nft), ip: normalSave(ip.replace(/^(:\S+ \S+)$/gm, '$1 [0:0]')), ip6: normalSave(ip6), host };
}

/** What is left where each run leaves just what it asks for: that of the last one, unless it fails or asks for nothing. */
function lastAlone(transition: Transition): Transition {
  const { steps, before } = transition;
  const acts = ({ args, env }: Transition['steps'][number]): boolean =>
    !args.includes('--dry-run') && env['DRY_RUN'] === undefined && !args.includes('--skip-rule-apply');
  const last = steps.filter(acts).slice(-1);
  const foreign = before?.includes('table inet istio-proxy') === true ? undefined : before;
  const { before: _, ...rest } = transition;
  return { ...rest, steps: last, ...(foreign !== undefined && { before: foreign }) };
}

const PAIRS = TRANSITIONS.flatMap((transition) =>
  transition.outcomes.map((outcome) => {
    const release =
      expandWithCandidate(outcome.releases)
        .filter((one) => !one.includes('rc'))
        .at(-1) ?? '';
    return [transition.name, release, transition, outcome] as const;
  }),
);

/** Each transition once where it has two outcomes, the older and the newer by turns. */
const ONE_EACH = PAIRS.filter((pair) => {
  const ofBoth = PAIRS.filter(([name]) => name === pair[0]);
  return pair === ofBoth[TRANSITIONS.indexOf(pair[2]) % ofBoth.length];
});

describeKernel.concurrent('native runs one after the other', () => {
  it('are 35 transitions, and docs/apply.md names only such', () => {
    expect(TRANSITIONS.length).toBe(35);
    expect(INTENDED_TRANSITIONS.filter((pattern) => !TRANSITIONS.some(({ name }) => isNamed(name, pattern)))).toEqual([]);
  });

  const pod = sharedNamespace();

  it.each(playedByBuild(PLAYS_ALL ? PAIRS : ONE_EACH))(
    '%s at %s ends as the real program does, or as docs/apply.md says',
    async (name, release, transition, outcome) => {
      const ended = await run(pod(), transition, release);
      if (!INTENDED_TRANSITIONS.some((pattern) => isNamed(name, pattern))) return expect(ended).toEqual(endOf(outcome));
      // What is named is a difference, and leaves nothing of what went before.
      expect(ended).not.toEqual(endOf(outcome));
      const { codes: _, ...alone } = await run(pod(), lastAlone(transition), release);
      expect(ended).toMatchObject(alone);
      expect(ended.codes).toEqual(transition.steps.map(() => 0));
    },
  );
});
