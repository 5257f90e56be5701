/** A manifest in a text of people: a ticket, a page, a session of a shell. It is what a file of it alone would be, at its own lines. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { piped, run, scratchFolder } from './program.ts';

const folder = scratchFolder();
afterAll(folder.remove);

const PORTS = 'traffic.sidecar.istio.io/excludeOutboundPorts';
const POD = `apiVersion: v1
kind: Pod
metadata:
  name: web
  annotations:
    ${PORTS}: "3306,3306"
spec:
  containers: [{name: app, image: a}]
`;
const JSON_POD = JSON.stringify(
  {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', annotations: { [PORTS]: '3306' } },
    spec: { containers: [{ name: 'app', image: 'a' }] },
  },
  null,
  2,
);
const indented = (text: string, by: string): string => text.replace(/^(?=.)/gm, by);

const TEXTS: readonly (readonly [name: string, text: string])[] = [
  ['between fences', `# Ticket\n\nOur pod: it fails.\n\n\`\`\`yaml\n${POD}\`\`\`\n\nThanks\n`],
  ['between fences of another sort', `Hi\n\n~~~\n${POD}~~~\n`],
  ['between fences in a list', `1. look\n\n   \`\`\`yaml\n${indented(POD, '   ')}   \`\`\`\n`],
  ['in a block of HTML', `<details><summary>pod</summary>\n\n\`\`\`yaml\n${POD}\`\`\`\n</details>\n`],
  ['behind a prompt between fences', `Hi\n\n\`\`\`\n$ kubectl get pod web -o yaml\n${POD}\`\`\`\n`],
  ['behind a prompt', `$ kubectl get pod web -o yaml\n${POD}`],
  ['between two prompts', `root@node:~# kubectl get pod web -o yaml\n${POD}root@node:~# \n`],
  ['behind a list of pods', `[root@node ~]$ kubectl get pods\nNAME  READY\nweb   1/1\n[root@node ~]$ kubectl get pod web -o yaml\n${POD}`],
  ['in a mail', `Hello,\n\nhere is the pod:\n\n${POD}\nThanks\nA. N. Other\n`],
  ['as code by its indentation', `See\n\n${indented(POD, '    ')}`],
  ['between macros of Jira', `{code:yaml}\n${POD}{code}\n`],
  ['with the line ends of Windows', `Hi\r\n\r\n\`\`\`yaml\r\n${POD.replaceAll('\n', '\r\n')}\`\`\`\r\n`],
  ['as JSON between fences', `Hi\n\n\`\`\`json\n${JSON_POD}\n\`\`\`\n`],
  ['as JSON behind a prompt', `$ kubectl get pod web -o json\n${JSON_POD}\n$ \n`],
];

describe.concurrent('a manifest', () => {
  it.each(TEXTS)('%s is read as a file and as a pipe, by every command that reads manifests', async (name, text) => {
    const file = folder.write(`${name.replaceAll(' ', '-')}.txt`, text);
    const line = text.split('\n').findIndex((one) => one.includes(PORTS)) + 1;
    const options = { cwd: folder.path };
    const [bare, why, lint, escapes, explained] = await Promise.all([
      run([file], options),
      run(['why', file, '10.0.0.5:3306'], options),
      run(['lint', file, '-o', 'json'], options),
      run(['escapes', file], options),
      run(['explain', `${file}#web`], options),
    ]);
    expect(bare.stdout).toContain('Pod default/web: its TCP will be captured, but for one kind of connections');
    expect(why.stdout).toContain(`set by    ${PORTS}: 3306`);
    expect(why.stdout).toContain(`(${file}:${line}:`);
    expect(escapes.stdout).toContain(`(outbound.excludePorts from ${file}:${line}:`);
    expect(explained.stdout).toContain('outbound.excludePorts');
    if (text.includes('3306,3306'))
      expect(JSON.parse(lint.stdout).results[0]).toMatchObject({ code: 'port-twice', places: [{ file, line }] });
    const pipe = await piped(file, [], options);
    expect(pipe.stdout.split('\n')[0]).toBe(bare.stdout.split('\n')[0]);
  });

  it('several of a page are several workloads, and what is no workload is counted', async () => {
    const other = POD.replace('web', 'other').replace('3306,3306', '443');
    folder.write(
      'two.md',
      `# One\n\n\`\`\`yaml\n${POD}---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\n\`\`\`\n\n# Two\n\n\`\`\`yaml\n${other}\`\`\`\n`,
    );
    const { stdout, stderr } = await run(['two.md'], { cwd: folder.path });
    expect(stdout).toMatch(/^2 workloads: Pod default\/web, Pod default\/other$/m);
    expect(stderr).toContain('note: without pods, so ignored: 1 Service\n');
  });

  it('is mended where it stands, and nothing around it', async () => {
    const text = `Hi\n\n\`\`\`yaml\n${POD}\`\`\`\n3306,3306\n`;
    folder.write('mended.md', text);
    await run(['lint', 'mended.md', '--fix'], { cwd: folder.path });
    expect(readFileSync(join(folder.path, 'mended.md'), 'utf8')).toBe(text.replace('"3306,3306"', '"3306"'));
  });

  it('that is broken is told where, and a manifest with a page in it is a manifest', async () => {
    folder.write('broken.yaml', POD.replace('[{name', '[{name: ['));
    expect((await run(['broken.yaml'], { cwd: folder.path })).stderr).toMatch(/^istio-init: check: broken\.yaml:\d+:\d+ /);
    folder.write(
      'map.yaml',
      `# of docs\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: docs}\ndata:\n  a.md: |\n    Hi\n    \`\`\`yaml\n${indented(POD, '    ')}    \`\`\`\n`,
    );
    expect((await run(['map.yaml'], { cwd: folder.path })).stderr).toBe(
      'istio-init: check: map.yaml holds no workload and no SidecarCapture, only 1 ConfigMap\n',
    );
  });
});

describe.concurrent('what a mesh is installed with', () => {
  it.each([
    'global:\n  proxy:\n    excludeInboundPorts: "80"\n',
    '# mine\nmeshConfig:\n  accessLogFile: /dev/stdout\n',
    '{"global": {"hub": "docker.io/istio"}}',
  ])('is named, and where it goes: %j', async (text) => {
    const file = folder.write(`values-${text.length}.yaml`, text);
    for (const words of [[file], ['why', file, '10.0.0.5:80'], ['identify', file], ['explain', file]]) {
      const { exitCode, stderr } = await run(words, { cwd: folder.path });
      expect([exitCode, stderr]).toEqual([
        2,
        expect.stringMatching(
          /This is what a mesh is installed with \((?:global|meshConfig)\), and no rules or pods: give it beside manifests/,
        ),
      ]);
    }
  });
});
