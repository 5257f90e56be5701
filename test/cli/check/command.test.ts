import { afterAll, describe, expect, it } from 'vitest';
import { planFromArguments } from '../../../src/istio/plan/plan-from-arguments.ts';
import { printSave } from '../../../src/netfilter/print.ts';
import { expectRefused, run, scratchFolder } from '../program.ts';

const folder = scratchFolder();
afterAll(folder.remove);

const ARGS = '-p 15001 -z 15006 -u 1337 -m REDIRECT -i * -b * -d 15090,15021,15020'.split(' ');
const RETURN = '-A ISTIO_OUTPUT -m owner --uid-owner 1337 -j RETURN\n';

describe('the program', () => {
  it('shows drift as a whole by the command that is named', async () => {
    folder.write('drift.txt', printSave(planFromArguments(ARGS, { release: '1.23' }).ip).replace(RETURN, ''));
    const { stdout } = await run(['check', 'drift.txt', '--release', '1.23'], { cwd: folder.path });
    const [, command = ''] = /all of it: istio-init (.*)/.exec(stdout) ?? [];
    const whole = await run(command.split(' '), { cwd: folder.path });
    expect(whole).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('--uid-owner 1337 -j RETURN') });
  });

  it('refuses a connection that is only half described', async () => {
    const found = await run(['check', '@1.23', '--from', 'app']);
    expect({ ...found, stderr: found.stderr.split('\n').at(-2) }).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: 'istio-init: check: --to is missing: where it goes (10.0.0.5:80, pod:8080, localhost:80)',
    });
  });

  it('refuses a form that there is none of with the nearest', async () => {
    expectRefused(
      await run(['check', 'saved.txt', '-o', 'makdown']),
      '--output "makdown" is not one of text, json, markdown (did you mean markdown?)',
    );
  });

  it('names a source that can not be read', async () => {
    expectRefused(await run(['check', 'no-such.txt'], { cwd: folder.path }), 'no-such.txt does not exist');
  });
});
