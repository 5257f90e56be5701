import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { expectRefused, run } from './program.ts';

describe('a picture', () => {
  it.each([
    [['preview', '@1.28'], 0, 'the rules of Istio 1.28', 'Envoy outbound, 15001'],
    [['explain', '-f', 'docs/examples/one-deployment.yaml'], 0, 'the rules of Istio', '<title>'],
    [['diff', '@1.12', '@1.28'], 1, "Istio 1.12.9, the injector's defaults against Istio 1.28.10, the injector", 'class="removed"'],
    [['trace', '@1.28', '--from', 'app', '--to', '10.0.0.5:80'], 0, 'envoy-outbound', 'marked-good'],
    [['trace', '@1.28', '--request', 'app-to-service'], 0, 'app', '3. It arrives at the service'],
    [['preview', 'docs/examples/bookinfo.yaml', '--nameserver', '10.96.0.10'], 0, 'the rules of workloads', 'nat (IPv4)'],
  ] as const)('is what %s draws', async (args, status, title, part) => {
    const { exitCode, stdout } = await run([...args, '-o', 'svg']);
    expect(exitCode).toBe(status);
    expect(stdout).toMatch(/^<svg [^>]*role="img"/);
    expect(/<title>([^<]*)/.exec(stdout)?.[1]).toContain(title);
    expect(stdout).toContain(part);
    expect(stdout.trimEnd()).toMatch(/<\/svg>$/);
  });

  it('is one for Mermaid and Graphviz as well', async () => {
    const [mermaid, dot] = await Promise.all(['mermaid', 'dot'].map((form) => run(['diff', '@1.12', '@1.28', '-o', form])));
    expect(mermaid?.stdout).toMatch(/^flowchart LR\n/);
    expect(dot?.stdout).toMatch(/^digraph \{\n/);
  });

  it('is not to be had of very many packets, which is said in one line', async () => {
    expectRefused(
      await run(['trace', '@1.28', '--port', '80', '-o', 'svg']),
      '--output svg draws the way of a packet or of a request; --port stands for very many: use text, json or markdown',
    );
  });
});

describe('the pictures of the documents', () => {
  it.each([
    ['rules', ['preview', '@1.30']],
    ['app-to-service', ['trace', '@1.30', '--request', 'app-to-service']],
  ] as const)('are what the program draws: %s.svg', async (name, args) => {
    const { stdout } = await run([...args, '-o', 'svg']);
    expect(readFileSync(new URL(`../../docs/pictures/${name}.svg`, import.meta.url), 'utf8')).toBe(stdout);
  });
});
