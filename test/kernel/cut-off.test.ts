import { execa } from 'execa';
import { expect, it } from 'vitest';
import { PROGRAM } from '../cli/program.ts';
import { inNamespace } from './namespace.ts';
import { describeKernel } from './requirements.ts';
import { run } from './starting.ts';

const HERE = ['istio-init', 'apply', '--here'] as const;
const WHY = 'nothing listens on 15001 and 15006 here, so that these rules cut off all TCP of this machine';

describeKernel('apply --here', () => {
  it('is refused where no proxy listens, and touches nothing; who means it says so', async () => {
    await inNamespace(async (namespace) => {
      expect(await run(namespace, HERE)).toMatchObject({
        exitCode: 2,
        stdout: '',
        stderr: expect.stringContaining(`--here: ${WHY}; start the proxy first, or say --before-proxy, as an init container does\n`),
      });
      expect((await namespace.run('iptables-save')).stdout).not.toContain('ISTIO');
      expect(await run(namespace, [...HERE, '--dry-run'])).toMatchObject({ exitCode: 0 });
      expect(await run(namespace, [...HERE, '--before-proxy'])).toMatchObject({
        exitCode: 0,
        stderr: expect.stringContaining('applied and verified'),
      });
    });
  });

  it('is done where the proxy listens', async () => {
    await inNamespace(async (namespace) => {
      const listener = execa(
        'ip',
        ['netns', 'exec', namespace.name, 'node', '-e', 'require("net").createServer().listen(15006, () => console.log("up"))'],
        {
          reject: false,
        },
      );
      try {
        await new Promise((resolve) => listener.stdout?.once('data', resolve));
        expect(await run(namespace, HERE)).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('applied and verified') });
      } finally {
        listener.kill();
        await listener;
      }
    });
  });

  it.each([
    ['n', 2],
    ['y', 0],
  ])('asks on a terminal: %s', async (answer, exitCode) => {
    await inNamespace(async ({ name }) => {
      // The program's own exit code is what script passes on with -e.
      const asked = await execa('ip', ['netns', 'exec', name, 'script', '-qec', `${PROGRAM} apply --here`, '/dev/null'], {
        input: `${answer}\n`,
        reject: false,
      });
      expect([asked.exitCode, asked.stdout]).toEqual([exitCode, expect.stringContaining('Apply all the same? [y/N]')]);
    });
  });
});
