// Runs the commands of README.md and puts below each what it prints. `npm run readme`; a test compares.

import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What a command prints, as on a terminal: talk and data. */
export function printed(command) {
  const { stdout } = spawnSync('bash', ['-c', `${command} 2>&1`], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, PATH: `bin:${process.env.PATH}`, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return stdout;
}

/** The page with fresh outputs. Commands with a remark behind them are shown, not run: they need a cluster. */
export function refreshed(page) {
  return page.replace(/```console\n(\$ [^\n#]*)\n[\s\S]*?```/g, (_, call) => `\`\`\`console\n${call}\n${printed(call.slice(2))}\`\`\``);
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  writeFileSync(`${root}README.md`, refreshed(readFileSync(`${root}README.md`, 'utf8')));
