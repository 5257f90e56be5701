/** The executable as a file among others: what of its surroundings it heeds, and where its output goes. */

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { BIN, ROOT } from '../cli/program.ts';
import { inNamespace } from '../kernel/namespace.ts';
import { describeKernel } from '../kernel/requirements.ts';

const EXECUTABLE = join(BIN, 'istio-init');
const DRY_RUN = ['istio-iptables', '--dry-run', '-p', '15001', '-b', '*', '-i', '*'];
const folder = mkdtempSync(join(tmpdir(), 'istio-init-'));
afterAll(() => rmSync(folder, { recursive: true }));

function run(args: readonly string[], env: Readonly<Record<string, string>> = {}, cwd = '/'): object {
  const { status, stdout, stderr } = spawnSync(EXECUTABLE, args, { cwd, env, encoding: 'utf8', timeout: 20_000 });
  // The log's time is the one thing that differs.
  return { status, stdout, stderr: stderr.replace(/^\S+\t/gm, '') };
}

describe('what others write into a pod', () => {
  const mark = join(folder, 'loaded');
  const code = join(folder, 'preload.js');
  writeFileSync(code, `require('node:fs').writeFileSync(${JSON.stringify(mark)}, '');console.log('loaded')`);

  const untouched = run(DRY_RUN);

  it('as files in the folder where it starts changes nothing', () => {
    const files: Readonly<Record<string, string>> = {
      '.env': 'ISTIO_META_DNS_CAPTURE=true\nISTIO_INIT_RELEASE=1.5\n',
      'bunfig.toml': `preload = [${JSON.stringify(code)}]\n[run]\npreload = [${JSON.stringify(code)}]\n`,
      'tsconfig.json': '{"compilerOptions": {"paths": {"node:fs": ["./preload.js"]}}}',
      'package.json': '{"type": "module", "imports": {"node:fs": "./preload.js"}}',
    };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    for (const name of ['.env.local', '.env.production', '.env.development']) cpSync(join(folder, '.env'), join(folder, name));
    expect(run(DRY_RUN, {}, folder)).toEqual(untouched);
    expect(readdirSync(folder)).not.toContain('loaded');
  });

  it.each([
    ['BUN_BE_BUN', '1'],
    ['BUN_OPTIONS', `--preload ${code}`],
    ['BUN_OPTIONS', '--revision'],
    ['BUN_INSPECT', 'ws://127.0.0.1:6499/x?break=1'],
    ['BUN_INSPECT_CONNECT_TO', '/nowhere'],
    ['BUN_INSPECT_PRELOAD', code],
    ['BUN_CONFIG_FILE', join(folder, 'bunfig.toml')],
    ['BUN_JSC_dumpOptions', '2'],
    ['BUN_JSC_isNoOption', '1'],
    ['BUN_BYTECODE_ORDER_OUT', mark],
    ['BUN_BYTECODE_DIGEST_OUT', mark],
    ['MIMALLOC_VERBOSE', '1'],
    ['mimalloc_show_stats', '1'],
    ['MIMALLOC_DISALLOW_OS_ALLOC', '1'],
    ['MIMALLOC_RESERVE_HUGE_OS_PAGES', '1000'],
    ['SIMDUTF_FORCE_IMPLEMENTATION', 'haswell2'],
    ['MallocHelp', '1'],
    ['UV_THREADPOOL_SIZE', 'x'],
    ['NODE_OPTIONS', `--require ${code}`],
    ['NODE_CHANNEL_FD', '1'],
    ['NODE_REDIRECT_WARNINGS', mark],
  ])('as the variable %s=%s changes nothing', (name, value) => {
    expect(run(DRY_RUN, { [name]: value })).toEqual(untouched);
    expect(readdirSync(folder)).not.toContain('loaded');
  });

  it('as a variable of Istio is heeded', () => {
    expect(run(DRY_RUN, { ISTIO_INIT_RELEASE: '1.5' })).not.toEqual(untouched);
  });

  it('finds no name of a variable of the runtime left in the file', () => {
    expect(readFileSync(EXECUTABLE, 'latin1').match(/(?<=\0)(?:BUN|JSC|NODE|SIMDUTF)_\w+(?=\0)/g)).toBeNull();
  });
});

describe('the page of the explorer', () => {
  it('is that beside it, and where none is, who has it is said', () => {
    const alone = join(folder, 'alone');
    cpSync(EXECUTABLE, alone);
    expect(run(['explorer'])).toMatchObject({ status: 0, stdout: expect.stringMatching(/^<!doctype html>/i), stderr: '' });
    expect(spawnSync(alone, ['explorer'], { encoding: 'utf8' })).toMatchObject({
      status: 2,
      stdout: '',
      stderr: expect.stringMatching(/^istio-init: explorer: .*has no page beside the program: npx istio-init explorer has it[^\n]*\n$/),
    });
    rmSync(alone);
  });
});

describe('its name', () => {
  it('is the drop-in where a link is called istio-iptables', () => {
    const asked = run(['istio-iptables', '--help']);
    symlinkSync(EXECUTABLE, join(folder, 'istio-iptables'));
    const byPath = spawnSync('istio-iptables', ['--help'], { env: { PATH: folder }, encoding: 'utf8' });
    expect({ status: byPath.status, stdout: byPath.stdout, stderr: byPath.stderr }).toEqual(asked);
    expect(asked).toMatchObject({ status: 0, stdout: expect.stringMatching(/^istio-iptables: /) });
  });
});

describe('its output', () => {
  const much = join(folder, 'much.txt');
  // Six times what a pipe holds.
  const rules = Array.from({ length: 8000 }, (_, index) => `-A OUTPUT -p tcp -m tcp --dport ${index + 1} -j RETURN\n`);
  writeFileSync(much, `*nat\n:OUTPUT ACCEPT [0:0]\n${rules.join('')}COMMIT\n`);
  const sh = (script: string): object => {
    const { status, stdout, stderr } = spawnSync('bash', ['--norc', '-c', script], {
      encoding: 'utf8',
      env: { PATH: '/usr/bin:/bin', P: EXECUTABLE, M: much },
    });
    return { status, stdout: stdout.trim(), stderr: stderr.trim() };
  };

  it('is whole where its reader is slow, and where the pipe does not block', () => {
    const whole = { status: 0, stdout: String(8002), stderr: expect.stringContaining('') };
    expect(sh('$P preview -o save $M 2>&1 >/dev/stdout | { sleep 0.5; grep -c "^-A\\|^\\*\\|^COMMIT"; }')).toEqual(whole);
    const nonBlocking = `python3 -c 'import fcntl,os,sys;fcntl.fcntl(1,fcntl.F_SETFL,os.O_NONBLOCK);os.execv(sys.argv[1],sys.argv[1:])'`;
    expect(sh(`${nonBlocking} $P preview -o save $M | { sleep 0.5; grep -c "^-A\\|^\\*\\|^COMMIT"; }`)).toEqual(whole);
  });

  it('says in its own words that the folder which it was started in is gone, and works from any other', () => {
    expect(sh('d=$(mktemp -d); cd "$d"; rmdir "$d"; $P preview @1.28 2>&1 | sed "s/ *$//"; echo $PIPESTATUS')).toEqual({
      status: 0,
      stderr: '',
      stdout:
        'error: the folder that istio-init was started in has been deleted: change to one that is there, as with cd /, and run it again\n1',
    });
  });

  it('ends quietly where its reader has gone, and with an error where the disk is full', () => {
    expect(sh('$P preview -o save $M | head -1; echo $PIPESTATUS')).toEqual({ status: 0, stdout: '*nat\n0', stderr: '' });
    expect(sh('$P preview $M >/dev/full')).toEqual({
      status: 2,
      stdout: '',
      stderr: 'istio-init: standard output can not be written: no space is left (ENOSPC)',
    });
  });

  it('ends quietly where the reader of its standard error has gone', () => {
    const script = 'exec 3>&1; { sleep 0.2; $P nonsense; echo $? >&3; } 2>&1 >/dev/null | true';
    expect(sh(script)).toEqual({ status: 0, stdout: '2', stderr: '' });
  });
});

describeKernel('its lock', () => {
  const args = ['-p', '15001', '-b', '*', '-i', '*'];
  const holders = {
    Node: [
      process.execPath,
      '-e',
      `require('node:net').createServer().listen({ path: '\\0' + process.argv[1] }, () => console.log('held')); process.stdin.on('end', process.exit).resume()`,
      'istio-init: one run at a time in a network namespace '.padEnd(107, '.'),
    ],
    'the executable': [EXECUTABLE, 'hold-lock'],
  };
  const runs = { Node: [process.execPath, join(ROOT, 'bin/istio-iptables')], 'the executable': [EXECUTABLE, 'istio-iptables'] };
  const pairs = (['Node', 'the executable'] as const).flatMap((holder) =>
    (['Node', 'the executable'] as const).map((runner) => [holder, runner] as const),
  );

  it.each(pairs)('of %s keeps %s waiting, and is free when its holder ends', async (holder, runner) => {
    await inNamespace(async ({ name }) => {
      const enter = [`--net=/run/netns/${name}`];
      const held = spawn('nsenter', [...enter, ...holders[holder]], { stdio: ['pipe', 'pipe', 'inherit'] });
      await once(held.stdout, 'data');
      const waiting = spawn('nsenter', [...enter, ...runs[runner], ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
      let said = '';
      waiting.stderr.setEncoding('utf8').on('data', (text) => {
        said += text;
      });
      const ended = once(waiting, 'exit');
      expect(await Promise.race([ended, sleep(600, 'waits')])).toBe('waits');
      held.stdin.end();
      expect(await ended).toEqual([0, null]);
      expect(said).not.toMatch(/no lock/);
    });
  });
});
