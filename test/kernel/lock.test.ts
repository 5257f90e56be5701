/** The lock against those who may not hold it: any process of a pod can bind its name. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { NAME } from '../../src/host/namespace/lock.ts';
import { ROOT, SHELL_BIN } from '../cli/program.ts';
import type { Namespace } from './namespace.ts';
import { inNamespace } from './namespace.ts';
import { describeKernel } from './requirements.ts';

const PROGRAMS: Readonly<Record<'Node' | 'the executable', readonly [string, ...string[]]>> = {
  Node: [process.execPath, join(ROOT, 'bin/istio-init')],
  'the executable': [join(SHELL_BIN, 'istio-init')],
};
const ARGS = ['-p', '15001', '-z', '15006', '-u', '1337', '-m', 'REDIRECT', '-i', '*', '-b', '*'];

/** Binds the name of the lock as somebody else, and tells the number of that process. */
async function holding<R>({ name }: Namespace, as: readonly string[], body: string, use: (pid: number) => Promise<R>): Promise<R> {
  const script = `import os, socket, sys
s = socket.socket(socket.AF_UNIX); s.bind(chr(0) + sys.argv[1])
${body}
print(os.getpid(), flush=True); sys.stdin.read()`;
  const child = spawn('nsenter', [`--net=/run/netns/${name}`, ...as, '/usr/bin/python3', '-c', script, NAME], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  try {
    return await use(Number(said));
  } finally {
    child.stdin.end();
    await once(child, 'exit');
  }
}

const IMPOSTERS: readonly (readonly [string, readonly string[], string])[] = [
  ['another user', ['setpriv', '--reuid=1000', '--regid=1000', '--clear-groups'], 's.listen(1)'],
  ['a root without NET_ADMIN', ['setpriv', '--bounding-set=-net_admin', '--inh-caps=-all'], 's.listen(1)'],
  [
    'another user in a user namespace of its own',
    ['setpriv', '--reuid=1000', '--regid=1000', '--clear-groups', 'unshare', '--user'],
    's.listen(1)',
  ],
  ['another user who does not listen', ['setpriv', '--reuid=1000', '--regid=1000', '--clear-groups'], ''],
  [
    'another user whose queue is full',
    ['setpriv', '--reuid=1000', '--regid=1000', '--clear-groups'],
    's.listen(0); c = [socket.socket(socket.AF_UNIX) for _ in range(3)]\nfor x in c: x.setblocking(False); x.connect_ex(chr(0) + sys.argv[1])',
  ],
];

describeKernel('the lock', () => {
  it.each(IMPOSTERS)('is not held by %s: such a process is passed over and named', async (_, as, body) => {
    await inNamespace(async (namespace) => {
      await holding(namespace, as, body, async (pid) => {
        const there = ['--netns', `/run/netns/${namespace.name}`];
        const enter = [`--net=/run/netns/${namespace.name}`];
        for (const [runtime, [file, ...rest]] of Object.entries(PROGRAMS)) {
          const runs = [
            await execa(file, [...rest, 'apply', ...there], { reject: false }),
            await execa('nsenter', [...enter, file, ...rest, 'istio-iptables', ...ARGS], { reject: false }),
          ];
          for (const { exitCode, stderr } of runs) {
            expect({ runtime, exitCode }).toEqual({ runtime, exitCode: 0 });
            expect(stderr).toMatch(/holds the lock of this program and may not change rules here: passed over/);
          }
          expect(runs[0]?.stderr).toContain(`process ${pid} (`);
        }
      });
    });
  });

  it('is held by one who may change rules, who is named by process and program', async () => {
    await inNamespace(async (namespace) => {
      await holding(
        namespace,
        ['setpriv', '--reuid=1337', '--regid=1337', '--clear-groups', '--inh-caps=+net_admin', '--ambient-caps=+net_admin'],
        's.listen(4096)',
        async (pid) => {
          const { stdout } = await execa('nsenter', [`--net=/run/netns/${namespace.name}`, ...PROGRAMS.Node, 'check', '-o', 'json'], {
            reject: false,
          });
          expect(stdout).toContain(`at work in this network namespace: process ${pid} (python3, user 1337)`);
        },
      );
    });
  });
});
