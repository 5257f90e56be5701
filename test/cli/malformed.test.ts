import { randomBytes } from 'node:crypto';
import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { execa } from 'execa';
import { afterAll, describe, expect, it } from 'vitest';
import { printSave } from '../../src/netfilter/print.ts';
import { readRules } from '../../src/netfilter/read.ts';
import { capture } from '../golden.ts';
import { PLAYS_ALL, played } from '../trials.ts';
import type { Run } from './program.ts';
import { expectRefused, PROGRAM, run, scratchFolder } from './program.ts';

const folder = scratchFolder();
afterAll(folder.remove);

const LISTING = capture('2021-01-default.list.txt');
const SAVE = printSave(readRules(LISTING).rulesets[0] ?? { family: 'ip', tables: [] });
const NO_RULES =
  'There are no iptables rules in this text; what is read: a save, a listing, a log, a manifest, or a page with one of them.';
const READERS = ['preview', 'diff', 'identify', 'check'];

const here = (args: readonly string[]): Promise<Run> => run(args, { cwd: folder.path });

describe.each(READERS)('%s', (command) => {
  it.each<[string, string | Uint8Array, string]>([
    ['bytes by chance', Buffer.concat([randomBytes(3000), Buffer.alloc(8), randomBytes(3000)]), 'FILE is binary, not text'],
    ['a compressed save', gzipSync(SAVE.repeat(20)), 'FILE is compressed by gzip; unpack it first: gunzip -c FILE | istio-init check'],
    ['prose', 'Nothing here is a rule.\n'.repeat(10), `FILE:1:1 ${NO_RULES}`],
  ])('refuses %s in one line', async (name, text, line) => {
    const file = folder.write(`${command}-${name.replaceAll(' ', '-')}`, text);
    expectRefused(await here([command, file]), line.replaceAll('FILE', file));
  });

  it('says what to do where iptables was not allowed to look', async () => {
    const told = 'iptables v1.8.9 (nf_tables): Could not fetch rule set generation id: Permission denied (you must be root)';
    const file = folder.write(`${command}-not-allowed`, `$ iptables-save\n${told}\n`);
    expectRefused(
      await here([command, file]),
      `${file}:1:1 ${NO_RULES}`,
      `${file}:2:1 warning: "${told}": iptables was not allowed to look. Run it as root, or with the capability NET_ADMIN in that network namespace.`,
    );
  });
});

describe('preview', () => {
  const shown = async (name: string, text: string): Promise<unknown> => {
    const { exitCode, stdout } = await here(['preview', folder.write(name, text), '-o', 'save']);
    return { exitCode, stdout };
  };

  it('shows the rules of a text with carriage returns, colours and entities as those of the plain one', async () => {
    const around = SAVE.replace(/^(\S+)/gm, '\u001b[1;31m$1\u001b[0m')
      .replaceAll('!', '&#33;')
      .replaceAll('\n', '\r\n');
    expect(await shown('around', around)).toEqual({ exitCode: 0, stdout: SAVE });
  });

  it('shows what is left of a listing that was cut, and names the line that can not be read', async () => {
    const file = folder.write('cut', LISTING.slice(0, LISTING.indexOf('15090') + 3));
    const { exitCode, stdout, stderr } = await here(['preview', file, '-o', 'save']);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('-A ISTIO_INBOUND -p tcp -m tcp --dport 22 -j RETURN\n');
    expect(stderr).not.toContain('undefined');
  });
});

/** Where not all is played, a text is enough that would show as plainly what is kept of each of its bytes. */
const MEGABYTES = PLAYS_ALL ? 100 : 12;

describe(`a text of ${MEGABYTES} MB`, () => {
  const LINE = '2024-01-02T03:04:05.678901Z\tinfo\tproxy\ta line of a log, with no rule in it, of about a hundred characters\n';
  const big = (): string => {
    const block = LINE.repeat(10_000);
    const half = block.repeat(Math.ceil((MEGABYTES * 5e5) / block.length));
    return folder.write('big.txt', `${half}${SAVE}${half}`);
  };
  // What it had at most, said by the program itself when it ends.
  const measure = folder.write(
    'measure.cjs',
    `process.on('exit', () => require('node:fs').writeFileSync(process.env.PEAK, String(process.resourceUsage().maxRSS / 1024)));`,
  );
  // MB: the text as bytes, in pieces and whole, and as a string; and Node itself.
  const MOST = 100 + 3.5 * MEGABYTES;

  const measured = async (how: string, args: readonly string[], input: { readonly inputFile?: string }): Promise<void> => {
    const peak = join(folder.path, 'peak');
    const { exitCode, stdout, durationMs } = await execa(PROGRAM, [...args, '-o', 'save'], {
      ...input,
      cwd: folder.path,
      reject: false,
      stripFinalNewline: false,
      env: { PEAK: peak, NODE_OPTIONS: `--require=${join(folder.path, measure)} --max-old-space-size=256` },
    });
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: SAVE });
    const megabytes = Number(readFileSync(peak, 'utf8'));
    expect(megabytes).toBeLessThan(MOST);
    console.log(
      `note: ${MEGABYTES} MB ${how} with a save in them: ${(durationMs / 1000).toFixed(1)} s, ${megabytes.toFixed(0)} MB at most`,
    );
  };

  const WAYS: readonly (readonly [string, (file: string) => Promise<void>])[] = [
    ['standard input', (file) => measured('of standard input', ['preview', '-'], { inputFile: join(folder.path, file) })],
    ['a file', (file) => measured('of a file', ['preview', file], {})],
  ];
  it.each(played(WAYS))('with a save in it is read from %s, in bounded memory', async (_, readIn) => readIn(big()));
});

describe('a text without an end', () => {
  const TOO_LONG = 'has more than 128 MB, which is the most that is read';

  it('is refused by its size where it is a file', async () => {
    const file = openSync(join(folder.path, 'sparse'), 'w');
    writeSync(file, '*nat\n');
    ftruncateSync(file, 600_000_000);
    closeSync(file);
    expectRefused(await here(['preview', 'sparse']), `sparse ${TOO_LONG}`);
  });

  it('is refused where it comes from standard input', async () => {
    const { exitCode, stdout, stderr } = await execa('sh', ['-c', `yes -- '-A OUTPUT -p tcp -j RETURN' | "$1" preview -`, 'sh', PROGRAM], {
      reject: false,
    });
    expect({ exitCode, stdout, stderr }).toEqual({ exitCode: 2, stdout: '', stderr: `istio-init: preview: standard input ${TOO_LONG}` });
  });
});
