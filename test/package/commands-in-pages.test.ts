/** Commands that README.md and docs/ show: run where they can be, and what is printed compared; all others are known to the program. */

import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { printed, refreshed } from '../../scripts/readme.mjs';
import { describedCommand, optionNames } from '../../src/cli/described.ts';
import { TASKS } from '../../src/cli/program.ts';

const ROOT = new URL('../../', import.meta.url);
const read = (name: string): string => readFileSync(new URL(name, ROOT), 'utf8');
const PAGES = ['README.md', ...readdirSync(new URL('docs/', ROOT)).flatMap((name) => (name.endsWith('.md') ? [`docs/${name}`] : []))];

interface Shown {
  readonly page: string;
  readonly command: string;
  /** What stands below it; empty where nothing does. */
  readonly output: string;
}

const SHOWN: readonly Shown[] = PAGES.flatMap((page) =>
  [...read(page).matchAll(/```console\n([\s\S]*?)```/g)].flatMap(([, block = '']) =>
    block
      .split(/^\$ /m)
      .slice(1)
      .map((part) => {
        const [first = '', ...rest] = part.split('\n');
        return { page, command: first.replace(/ +# .*$/, ''), output: rest.join('\n').trim() };
      }),
  ),
);

const COMMANDS = Object.values(TASKS).flat().map(describedCommand);

it('README.md shows what its commands print; npm run readme writes it anew', () => {
  expect(refreshed(read('README.md'))).toBe(read('README.md'));
});

// Files of the repository, releases, and words: nothing that only a reader has.
const isHere = (word: string): boolean => !/\.(ya?ml|txt|json|log)(?:@|$)/.test(word) || /^(?:docs|golden)\//.test(word);
const RUN = SHOWN.filter(
  ({ page, command, output }) =>
    page !== 'README.md' &&
    output !== '' &&
    /^istio-init (?!apply|clean|audit|probe|conform)/.test(command) &&
    !/[<|]|\b(?:pid|live|netns):?/.test(command) &&
    command.split(/[ =]/).every(isHere),
);

it.each(RUN.map(({ page, command, output }) => [page, command, output] as const))('%s: %s', (_, command, output) => {
  // Three dots stand for lines that are left out.
  const pattern = output
    .split(/^ *\.\.\.$/m)
    .map((part) => part.trim().replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('[\\s\\S]*');
  expect(printed(command)).toMatch(new RegExp(pattern));
});

it('some pages are held so', () => {
  expect(RUN.length).toBeGreaterThan(3);
});

it.each(SHOWN.filter(({ command }) => command.includes('istio-init ')).map(({ page, command }) => [page, command] as const))(
  '%s names only options that there are: %s',
  (_, line) => {
    for (const call of line.split(/[|;&]+/).map((part) => part.trim())) {
      const [, name = '', rest = ''] = /(?:^|\s)istio-init ([a-z]+)(.*)$/.exec(call) ?? [];
      const command = COMMANDS.find((one) => one.name === name || one.aliases.includes(name));
      if (command === undefined) continue;
      const options = (rest.split(' -- ')[0] ?? '').match(/(?<=\s)--[a-z][\w-]*/g) ?? [];
      const known = [...optionNames(command), 'help'];
      expect(options.filter((option) => !known.includes(option.slice(2)))).toEqual([]);
    }
  },
);
