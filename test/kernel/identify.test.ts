import { beforeAll, expect, it } from 'vitest';
import type { Family } from '../../src/netfilter/family.ts';
import { FAMILIES } from '../../src/netfilter/family.ts';
import { compareObservations, observeAll } from '../../src/netfilter/observation.ts';
import type { GoldenText } from '../golden-texts.ts';
import { GOLDEN_TEXTS } from '../golden-texts.ts';
import { answerFor, expectReleases, identified, madeAgain, seenIn } from '../istio/found/identifying.ts';
import { inNamespace } from './namespace.ts';
import { describeKernel } from './requirements.ts';
import { played } from './trials.ts';

const PROGRAMS: Readonly<Record<Family, string>> = { ip: 'iptables', ip6: 'ip6tables' };
const END = 'END OF OUTCOME';
const TEXTS = played(GOLDEN_TEXTS);

function tablesIn(save: string): readonly string[] {
  return [...save.matchAll(/^\*(\w+)$/gm)].map(([, table = '']) => table);
}

/** A script that puts an outcome into the kernel and lists it; the tables of the one before are emptied. */
function scriptFor({ ip, ip6 }: GoldenText): string {
  const saves: Readonly<Record<Family, string>> = { ip, ip6 };
  const lines = FAMILIES.filter((family) => saves[family] !== '').flatMap((family) => {
    const program = PROGRAMS[family];
    const restore = `${program}-restore <<'END OF INPUT'\n${saves[family].replace(/^(:\S+ \S+)$/gm, '$1 [0:0]')}END OF INPUT`;
    const lists = tablesIn(saves[family]).flatMap((table) => [
      `echo '$ ${program} -t ${table} -L -n -v'`,
      `${program} -t ${table} -L -n -v`,
    ]);
    return [restore, ...lists];
  });
  return [...lines, `echo '${END}'`, ''].join('\n');
}

/** What iptables lists of every outcome, all in one namespace. */
async function listings(outcomes: readonly GoldenText[]): Promise<readonly string[]> {
  const { exitCode, stdout, stderr } = await inNamespace(({ run }) => run(`set -e\n${outcomes.map(scriptFor).join('')}`));
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  return stdout.split(`${END}\n`).slice(0, -1);
}

describeKernel('every outcome of the golden cases, as iptables lists it', () => {
  let listed: readonly string[] = [];
  beforeAll(async () => {
    // Two namespaces at once, for two processors.
    const half = Math.ceil(TEXTS.length / 2);
    listed = (await Promise.all([listings(TEXTS.slice(0, half)), listings(TEXTS.slice(half))])).flat();
  });

  it('is there', () => {
    expect(listed).toHaveLength(TEXTS.length);
    for (const text of listed) expect(text).toMatch(/^Chain ISTIO_OUTPUT /m);
  });

  it('is identified with every release that has it, and made again by what was found', () => {
    TEXTS.forEach(({ name, releases }, index) => {
      const text = listed[index] ?? '';
      const found = identified(text);
      expectReleases(found, releases, name);
      for (const release of [releases[0] ?? '', releases.at(-1) ?? '']) {
        const { differences } = compareObservations(observeAll(madeAgain(answerFor(found, release), release)), seenIn(text));
        expect(differences, `${name}, made at ${release}`).toEqual([]);
      }
    });
  });
});
