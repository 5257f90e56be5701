import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { candidatesFor } from '../../../src/cli/completion/candidates.ts';
import { SHELLS } from '../../../src/cli/completion/scripts.ts';
import { VALUES } from '../../../src/cli/completion/values.ts';
import { describedCommand } from '../../../src/cli/described.ts';
import { TASKS } from '../../../src/cli/program.ts';
import { expectRefused, ROOT, run, SHELL_BIN, scratchFolder } from '../program.ts';

const folder = scratchFolder();
afterAll(folder.remove);

const COMMANDS = Object.values(TASKS).flat().map(describedCommand);

async function words(...line: readonly string[]): Promise<readonly string[]> {
  const found = await candidatesFor(line.slice(0, -1), line.at(-1) ?? '', COMMANDS);
  return [...found.words.map(({ word }) => word), ...(found.files ? ['FILES'] : [])];
}

const MANIFESTS = `${ROOT}docs/examples/bookinfo.yaml`;

describe('at the cursor stand', () => {
  it.each([
    ['commands', [''], ['preview', 'lint', 'completion', 'live', 'pid:', '--help', 'FILES']],
    ['the commands that begin so', ['ch'], ['changes', 'check', 'FILES']],
    ['the forms of the command', ['lint', '-o', ''], ['table', 'json', 'sarif', 'github']],
    ['forms behind an equals sign', ['check', '--output=m'], ['--output=markdown']],
    ['minors of releases, the newest first', ['preview', '--release', '1.3'], ['1.30', '1.3']],
    ['patches behind a second dot', ['preview', '--release', '1.0.'], ['1.0.9', '1.0.0']],
    ['releases behind an @', ['diff', 'a.yaml@1.29.'], ['a.yaml@1.29.0']],
    ['the end of a range', ['changes', '1.20..1.30'], ['1.20..1.30']],
    ['requests', ['trace', '--request', 'client'], ['client-to-app']],
    ['severities', ['lint', '--fail-on', ''], ['error', 'warning', 'note', 'never']],
    ['the same under the other name of the option', ['analyze', '--failure-threshold', 'n'], ['note', 'never']],
    ['keys of settings', ['preview', '--set', 'dns'], ['dns.capture=']],
    ['values of a setting', ['preview', '--set', 'dns.capture='], ['dns.capture=off', 'dns.capture=servers', 'dns.capture=all']],
    ['values of a switch', ['preview', '--set=dualStack='], ['--set=dualStack=true', '--set=dualStack=false']],
    ['the workloads of the file', ['trace', '-f', MANIFESTS, '--workload', 'Deployment/default/r'], ['Deployment/default/ratings-v1']],
    ['the same by a name that is begun', ['why', MANIFESTS, '--workload', 'rat'], ['ratings-v1']],
    ['by its namespace', ['why', MANIFESTS, '--workload', 'default/rat'], ['default/ratings-v1']],
    ['by its kind as kubectl has it', ['lint', MANIFESTS, '--workload', 'deploy/rat'], ['deploy/ratings-v1']],
    ['behind a file', ['check', `${MANIFESTS}#rat`], [`${MANIFESTS}#ratings-v1`]],
    ['behind a file, in full', ['lint', `${MANIFESTS}#Deployment/default/rat`], [`${MANIFESTS}#Deployment/default/ratings-v1`]],
    ['nothing behind a file that is none', ['check', 'nowhere.yaml#'], ['live', 'FILES'].slice(2)],
    ['annotations', ['diff', 'a.yaml', '--annotation', 'excludeI'], ['excludeInboundPorts=']],
    [
      'annotations in full',
      ['diff', 'a.yaml', '--annotation', 'traffic.sidecar.istio.io/excludeI'],
      ['traffic.sidecar.istio.io/excludeInboundPorts='],
    ],
    ['values of the mesh', ['diff', 'a.yaml', '--value', 'global.proxy.excludeIP'], ['global.proxy.excludeIPRanges=']],
    ['options', ['lint', '--fa'], ['--fail-on']],
    ['files', ['preview', '-f', ''], ['FILES']],
    ['shells', ['completion', ''], [...SHELLS]],
    ['topics of help', ['help', 'sett'], ['settings']],
    ['verdicts', ['trace', '--expect', 'd'], ['dns-agent', 'direct', 'dropped']],
    ['nothing behind --', ['preview', '--', ''], []],
  ])('%s', async (_, line, expected) => {
    const found = await words(...line);
    expect(found).toEqual(expect.arrayContaining([...expected]));
    if (expected.length < 4) expect(found.length).toBeLessThan(12);
  });

  it('a value for every option that takes a word of a list, and each is accepted', async () => {
    for (const { name, options } of COMMANDS)
      for (const option of ['output', 'fail-on', 'family', 'color', 'installer', 'release', 'request', 'expect', 'by'])
        if (option in options) {
          expect(option in VALUES).toBe(true);
          expect((await words(name, `--${option}`, '')).length).toBeGreaterThan(1);
        }
    const forms = await words('lint', '-o', '');
    const refused = await run(['lint', MANIFESTS, '-o', 'nothing']);
    expect(refused.stderr).toContain(`is not one of ${forms.join(', ')}`);
  });

  it('no word that only holds what is typed', async () => {
    expect(await words('ges')).toEqual(['FILES']);
    expect(await words('lint', '-o', 'son')).toEqual([]);
  });

  it('no workload where the file is none', async () => {
    expect(await words('trace', '-f', folder.write('broken.yaml', 'a: [\n'), '--workload', '')).toEqual([]);
  });
});

describe('completion', () => {
  it('is refused for a shell that there is no script for', async () => {
    expectRefused(await run(['completion', 'zhs']), '"zhs" is not one of bash, zsh, fish, powershell (did you mean zsh?)');
  });
  it('of PowerShell asks the program for the word at the cursor', async () => {
    const { stdout } = await run(['completion', 'powershell']);
    expect(stdout).toContain('& $program __complete @before "=$word"');
  });
});

folder.write('my pods.yaml', readFileSync(MANIFESTS, 'utf8'));
const BLANK = `${folder.path}/my pods.yaml`;

// What is typed before the tab, and what stands there behind it.
const TYPED = [
  ['istio-init lint -o s', 'istio-init lint -o sarif'],
  ['istio-init preview --release=1.0.9', 'istio-init preview --release=1.0.9'],
  ['istio-init diff @1.0.', 'istio-init diff @1.0.'],
  ['istio-init diff x@1.29.0', 'istio-init diff x@1.29.0'],
  ['istio-init preview --set dns.capture=s', 'istio-init preview --set dns.capture=servers'],
  ['istio-init preview --set dns.c', 'istio-init preview --set dns.capture='],
  [
    'istio-init trace -f docs/examples/bookinfo.yaml --workload Deployment/default/d',
    'istio-init trace -f docs/examples/bookinfo.yaml --workload Deployment/default/details-v1',
  ],
  ['istio-init preview -f docs/examples/booki', 'istio-init preview -f docs/examples/bookinfo.yaml'],
  [`istio-init why '${BLANK}' --workload rat`, `istio-init why ${BLANK} --workload ratings-v1`],
  [`istio-init why ${BLANK.replaceAll(' ', '\\ ')} --workload=rat`, `istio-init why ${BLANK} --workload=ratings-v1`],
  ['istio-init check docs/examples/bookinfo.yaml#rat', 'istio-init check docs/examples/bookinfo.yaml#ratings-v1'],
  ['istio-init diff a.yaml --annotation excludeInb', 'istio-init diff a.yaml --annotation excludeInboundPorts='],
  ['istio-init identi', 'istio-init identify'],
] as const;

const has = (shell: string): boolean => spawnSync(shell, ['--version']).status === 0;
const environment = { ...process.env, PATH: `${SHELL_BIN}:${process.env['PATH']}`, TERM: 'dumb', HOME: folder.path };

/** A shell as people have it, at a terminal: keys go in, and the line is printed with `echo GOT` before it. */
function typedInto(command: string, first: string): readonly string[] {
  const keys = TYPED.map(([typed]) => `${typed}\t\u0001echo GOT \n`).join('');
  const { stdout } = spawnSync('script', ['-qec', command, '/dev/null'], {
    cwd: ROOT,
    input: `${first}\n${keys}exit\n`,
    encoding: 'utf8',
    env: environment,
    timeout: 50_000,
  });
  return [...stdout.replaceAll('\r', '').matchAll(/^GOT (.*?) *$/gm)].map(([, line = '']) => line);
}

describe.runIf(has('bash') && has('script'))('bash', () => {
  it('completes what is typed', () => {
    const first = 'PS1="> "; source <(istio-init completion bash)';
    expect(typedInto('bash --norc --noprofile -i', first)).toEqual(TYPED.map(([, line]) => line));
  });
});

describe.runIf(has('zsh') && has('script'))('zsh', () => {
  it('completes what is typed', () => {
    const first = 'bindkey -e; PS1="> "; autoload -U compinit; compinit -u -D; source <(istio-init completion zsh)';
    expect(typedInto('zsh -f -i', first)).toEqual(TYPED.map(([, line]) => line));
  });
});

describe.runIf(has('fish'))('fish', () => {
  it('completes what is typed', () => {
    const asked = TYPED.map(([typed]) => `echo ASKED; complete -C '${typed.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`).join('; ');
    const { stdout } = spawnSync('fish', ['--no-config', '-c', `istio-init completion fish | source; ${asked}`], {
      cwd: ROOT,
      encoding: 'utf8',
      env: environment,
    });
    const answers = stdout.split('ASKED\n').slice(1);
    expect(answers).toHaveLength(TYPED.length);
    for (const [index, [typed, line]] of TYPED.entries()) {
      const first = answers[index]?.split('\n').map((answer) => answer.split('\t')[0] ?? '') ?? [];
      const last = line.trim().split(' ').at(-1) ?? '';
      expect(first.some((answer) => answer.startsWith(last))).toBe(true);
      expect(typed).not.toBe('');
    }
  });
});
