/** The keys of a trace's document are those of its page: scripts read them. */

import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { run } from '../program.ts';

const PAGE = readFileSync(new URL('../../../docs/trace.md', import.meta.url), 'utf8');

/** The words of each row of the table of steps. */
const KEYS: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  [...PAGE.slice(PAGE.indexOf('| `kind` | keys |')).matchAll(/^\| (`[a-z`, -]+`) \| (.*) \|$/gm)].flatMap(([, kinds = '', text = '']) => {
    const words = new Set([...text.matchAll(/`([a-zA-Z]+)`/g)].map(([, word = '']) => word));
    return [...kinds.matchAll(/`([a-z-]+)`/g)].map(([, kind = '']) => [kind, words] as const);
  }),
);

interface Step {
  readonly kind: string;
}

/** All trails of a document, branches and connections among them. */
function stepsIn(value: unknown): readonly Step[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, one]) => (key === 'steps' ? (one as readonly Step[]) : stepsIn(one)));
}

it.each([
  [['10.0.0.5:80']],
  [['pod:8080', '--from', 'outside']],
  [['127.0.0.1:8080', '--from', 'app']],
  [['10.0.0.5:80', '--set', 'mode=TPROXY']],
  [['pod:8080', '--from', 'outside', '--set', 'mode=TPROXY']],
  [['--request', 'app-to-service']],
  [['--request', 'client-to-app', '--set', 'mode=TPROXY']],
])('each step of trace %j has the keys that the page names', async (words) => {
  const { stdout } = await run(['trace', '@1.28', ...words, '-o', 'json']);
  const steps = stepsIn(JSON.parse(stdout));
  expect(steps.length).toBeGreaterThan(0);
  for (const { kind, ...step } of steps) {
    const named = KEYS.get(kind);
    expect(named, `docs/trace.md has the kind ${kind}`).toBeDefined();
    expect(Object.keys(step).filter((key) => !named?.has(key))).toEqual([]);
  }
});
