/** Every command of this program that some text of it names is one that it has, with options that the command has. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { ROOT, run } from './program.ts';

/** What the sources say in texts: `istio-init WORD`, and the options that follow. Comments and documents have their own tests. */
function named(folder: string): readonly { readonly command: string; readonly options: readonly string[]; readonly where: string }[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return named(path);
    const texts = readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => /['"`].*istio-init [a-z]/.test(line) && !/^\s*(?:\*|\/)/.test(line));
    return texts.flatMap((line) =>
      [...line.matchAll(/istio-init ([a-z]+)((?: (?:--?[a-z][a-z-]*|[A-Z@{$][\w.@{}$]*|'[^']*'))*)/g)].map(
        ([, command = '', rest = '']) => ({
          command,
          options: rest.match(/(?<= )--[a-z][a-z-]*/g) ?? [],
          where: `${path}: ${line.trim()}`,
        }),
      ),
    );
  });
}

const found = named(join(ROOT, 'src')).filter(
  ({ command }) => !['in', 'of', 'is', 'was', 'and', 'then', 'makes', 'on', 'runs', 'or', 'container'].includes(command),
);
const helps = new Map<string, string>();

beforeAll(async () => {
  for (const command of new Set(found.map((one) => one.command))) {
    const { stdout, exitCode } = await run([command, '--help']);
    helps.set(command, exitCode === 0 ? stdout : '');
  }
});

it('there are some, of many commands', () => {
  expect(new Set(found.map(({ command }) => command)).size).toBeGreaterThan(8);
});

it('each is known, and so are its options', () => {
  for (const { command, options, where } of found) {
    const help = helps.get(command) ?? '';
    expect(help, where).not.toBe('');
    for (const option of options) expect(help.includes(option) || COMMON.includes(option), `${option} in ${where}`).toBe(true);
  }
});

const COMMON = ['--help'];
