/** What strangers give the program that is neither rules nor manifests, or is one of them in another dress. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { execa } from 'execa';
import { afterAll, describe, expect, it } from 'vitest';
import type { Run } from './program.ts';
import { ROOT, run, SHELL_PROGRAM, scratchFolder } from './program.ts';

const folder = scratchFolder();
afterAll(folder.remove);

const LISTING = readFileSync(join(ROOT, 'golden/captures/2021-01-default.list.txt'));
const MANIFESTS = readFileSync(join(ROOT, 'docs/examples/bookinfo.yaml'));
const wide = (bytes: Buffer): Buffer => Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(bytes.toString('utf8'), 'utf16le')]);
const tar = (bytes: Buffer): Buffer => {
  const head = Buffer.alloc(512);
  head.write('bookinfo.yaml');
  head.write('ustar', 257);
  return Buffer.concat([head, bytes, Buffer.alloc(1024)]);
};
const windows = (bytes: Buffer): Buffer => Buffer.from(bytes.toString('utf8').replaceAll('\n', '\r\n'));

/** What is refused, and the rest of the line behind the name of the file. */
const REFUSED: readonly (readonly [file: string, bytes: string | Buffer, why: RegExp])[] = [
  ['nothing.txt', '', /^is empty$/],
  ['blank.yaml', '\n \n\t\n', /^is empty$/],
  ['list.txt.gz', gzipSync(LISTING), /^is compressed by gzip; unpack it first: gunzip -c list\.txt\.gz \| istio-init check$/],
  ['pods.json.zst', Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0]), /^is compressed by zstd; .*zstd -dc pods\.json\.zst \|/],
  ['all.tar', tar(MANIFESTS), /^is a tar archive; unpack it first/],
  ['all.zip', 'PK\u0003\u0004', /^is a ZIP archive; unpack it first/],
  ['page.pdf', '%PDF-1.7\n1 0 obj\n', /^is a PDF; copy the text/],
  ['screen.png', Buffer.from('\x89PNG\r\n\x1a\n\0\0', 'latin1'), /^is a picture; copy the text/],
  ['screen.jpg', Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0]), /^is a picture; copy the text/],
  ['tcp.pcap', Buffer.from([0xd4, 0xc3, 0xb2, 0xa1, 2, 0]), /^is a capture of packets; /],
  ['program', Buffer.from('\x7fELF\x02\x01\0', 'latin1'), /^is a program, not text$/],
  ['zeros.txt', Buffer.alloc(4096), /^is binary, not text$/],
];
for (const [file, bytes] of REFUSED) folder.write(file, bytes);
const here = (...words: readonly string[]): ReturnType<typeof run> => run(words, { cwd: folder.path });

async function shell(line: string): Promise<Run> {
  const { exitCode, stdout, stderr } = await execa('bash', ['-c', line, SHELL_PROGRAM], {
    cwd: folder.path,
    stdin: 'ignore',
    reject: false,
    stripFinalNewline: false,
    timeout: 30_000,
  });
  return { exitCode, stdout, stderr };
}

describe.concurrent('a file that is no text', () => {
  it.each(REFUSED)('%s is refused in one line that says what it is, by every command that reads it', async (file, _, why) => {
    for (const command of [['check'], ['identify'], ['escapes'], ['explain'], ['trace', '--from', 'app', '--to', '10.0.0.5:80']]) {
      const { exitCode, stdout, stderr } = await here(...command.slice(0, 1), file, ...command.slice(1));
      expect([exitCode, stdout]).toEqual([2, '']);
      const said = `istio-init: ${command[0]}: ${file} `;
      expect(stderr.slice(0, said.length)).toBe(said);
      expect(stderr.slice(said.length).trimEnd()).toMatch(why);
    }
    const { exitCode, stdout } = await here('lint', file);
    expect(exitCode).toBe(2);
    expect(stdout.split('\n')[0]?.slice(`error    ${file} `.length)).toMatch(why);
  });

  it('is no better on standard input', async () => {
    const { exitCode, stderr } = await shell('"$0" < list.txt.gz');
    expect([exitCode, stderr]).toEqual([
      2,
      'istio-init: check: standard input is compressed by gzip; unpack it first: gunzip -c | istio-init check\n',
    ]);
  });
});

describe.concurrent('rules and manifests', () => {
  const dressed: readonly (readonly [string, (bytes: Buffer) => Buffer])[] = [
    ['with the line ends of Windows', windows],
    ['in UTF-16, as PowerShell writes them', wide],
    ['in UTF-16 without a mark', (bytes) => wide(bytes).subarray(2)],
    ['behind a byte order mark', (bytes) => Buffer.concat([Buffer.from('\ufeff'), bytes])],
  ];
  it.each(dressed)('%s are read as if they were not', async (name, dress) => {
    const [list, pods] = [`${name}.txt`, `${name}.yaml`];
    folder.write(list, dress(LISTING));
    folder.write(pods, dress(MANIFESTS));
    const [rules, plain] = await Promise.all([here('check', list), run(['check', 'golden/captures/2021-01-default.list.txt'])]);
    expect(rules.stdout.split('\n').slice(1, 6)).toEqual(plain.stdout.split('\n').slice(1, 6));
    const [linted, checked, ofPlain] = await Promise.all([
      here('lint', pods),
      here('check', pods),
      run(['lint', 'docs/examples/bookinfo.yaml']),
    ]);
    expect(linted.stdout.replaceAll(pods, 'FILE')).toBe(ofPlain.stdout.replaceAll('docs/examples/bookinfo.yaml', 'FILE'));
    expect(checked.stdout).toMatch(/^\d workloads: /);
  });

  it.each(['check', 'lint', 'escapes', 'explain', 'identify'])(
    'that a shell hands over as <(command) are read by %s as from a file',
    async (command) => {
      for (const file of ['golden/captures/2021-01-default.list.txt', 'docs/examples/bookinfo.yaml']) {
        if (command === 'lint' && file.startsWith('golden')) continue;
        const [piped, plain] = await Promise.all([
          shell(`"$0" ${command} <(cat ${join(ROOT, file)})`),
          shell(`"$0" ${command} ${join(ROOT, file)}`),
        ]);
        const name = (text: string): string =>
          text
            .replaceAll(join(ROOT, file), 'FILE')
            .replace(/'?\/dev\/fd\/\d+/g, 'FILE')
            .replaceAll("'", '')
            .replace(/\s+/g, ' ');
        expect([piped.exitCode, name(piped.stdout)]).toEqual([plain.exitCode, name(plain.stdout)]);
      }
    },
  );

  it('of a kustomization are read as they stand, and that is said with the command that applies it', async () => {
    const { path } = folder;
    await shell(
      `mkdir -p shop/base; echo 'resources: [base]' > shop/kustomization.yaml; cp ${join(ROOT, 'docs/examples/bookinfo.yaml')} shop/base/`,
    );
    expect(path).not.toBe('');
    for (const command of ['check', 'lint']) {
      const { stderr } = await here(command, 'shop');
      expect(stderr).toContain(
        'shop: kustomizations are not applied, the files are read as they stand; kubectl kustomize shop | istio-init check\n',
      );
    }
  });
});

describe.concurrent('what is not there', () => {
  it.each([['check'], ['lint'], ['escapes'], []])('%s of an address on the web is told how to fetch it', async (...command) => {
    const { exitCode, stdout, stderr } = await here(...command, 'https://example.com/pod.yaml');
    expect(exitCode).toBe(2);
    expect(stdout + stderr).toContain(
      'is on the web, and nothing is fetched: curl -fsSL https://example.com/pod.yaml | istio-init check\n',
    );
  });

  it.each(['', 'check', 'lint', 'escapes', 'explain', 'identify', 'why 10.0.0.5:80', 'trace 10.0.0.5:80'])(
    'a pipe into "%s" that stays empty is no answer about something else',
    async (command) => {
      const { exitCode, stdout, stderr } = await shell(`true | "$0" ${command}`);
      expect([exitCode, stdout]).toEqual([2, '']);
      expect(stderr).toMatch(/^istio-init: [a-z]+: standard input is empty/);
    },
  );

  it('an empty pipe is no hindrance where something else says what to look at', async () => {
    for (const words of [
      'preview',
      'preview @1.28',
      'preview --release 1.28',
      'explain --set outbound.excludePorts=3306',
      'changes 1.20..1.28',
    ])
      expect(await shell(`true | "$0" ${words}`)).toMatchObject({ exitCode: 0 });
  });

  it.each(['check ""', '""', 'lint ""', 'why "" 10.0.0.5:80', 'diff "" @1.28', 'escapes "" --release 1.28'])(
    'an operand that is empty, as of an unset variable, is no answer about something else: %s',
    async (words) => {
      const { exitCode, stdout, stderr } = await shell(`"$0" ${words}`);
      expect([exitCode, stdout]).toEqual([2, '']);
      expect(stderr).toMatch(/^istio-init: (?:[a-z]+: )?"" names nothing to look at: is a variable unset\?\n$/);
    },
  );

  it('a file that is nearly there is told', async () => {
    folder.write('orders.yaml', MANIFESTS);
    for (const command of ['check', 'escapes', 'identify'])
      expect((await here(command, 'order.yaml')).stderr).toBe(
        `istio-init: ${command}: order.yaml does not exist (did you mean orders.yaml?)\n`,
      );
  });

  it('a pipe is what diff compares where nothing else is named', async () => {
    const list = join(ROOT, 'golden/captures/2021-01-default.list.txt');
    const [piped, named] = await Promise.all([shell(`cat ${list} | "$0" diff`), shell(`"$0" diff - < ${list}`)]);
    expect(piped).toMatchObject({ exitCode: named.exitCode, stdout: named.stdout });
    expect(piped.stdout).toContain('No differences.');
  });
});
