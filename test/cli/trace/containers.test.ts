// A pod with several containers that run as several users: the rules may let one of them through and not the other.

import { afterAll, describe, expect, it } from 'vitest';
import { plain } from '../../../src/cli/terminal/color.ts';
import { trace } from '../../../src/cli/trace/trace.ts';
import { scratchFolder } from '../program.ts';

const folder = scratchFolder();
afterAll(folder.remove);

let count = 0;
async function traced(
  users: readonly (readonly [string, string])[],
  more: object = {},
  words: object = { from: 'app', to: '10.0.0.5:80' },
  pod = '{}',
) {
  const containers = users.map(([name, context]) => `  - {name: ${name}, image: ${name}, securityContext: ${context}}`);
  count += 1;
  const source = `${folder.path}/${folder.write(
    `${count}.yaml`,
    `apiVersion: v1\nkind: Pod\nmetadata: {name: cart, namespace: shop}\nspec:\n  securityContext: ${pod}\n  containers:\n${containers.join('\n')}\n`,
  )}`;
  const given = { sets: [], env: [], addresses: [], nameservers: [] };
  const run = (output: string) => trace({ source, given, output, words, beforeProxy: false, all: false, paint: plain, ...more });
  const [text, json] = await Promise.all([run('text'), run('json')]);
  const { containers: found = [] } = JSON.parse(json.output) as { containers?: readonly { name: string; verdict: { id: string } }[] };
  return {
    answers: found.map(({ name, verdict }) => `${name} ${verdict.id}`),
    output: text.output,
    exitCode: text.exitCode,
    notes: text.notes,
  };
}

const WEB = ['web', '{runAsUser: 1000, runAsGroup: 1000}'] as const;
const SYNC = ['sync', '{runAsUser: 1337, runAsGroup: 1337}'] as const;
const BY_GROUP = ['log', '{runAsUser: 900, runAsGroup: 1337}'] as const;

describe('several containers have several answers', () => {
  it.each([
    ['one is the proxy by its user', [WEB, SYNC], ['web envoy-outbound', 'sync direct']],
    ['in another order', [SYNC, WEB], ['sync direct', 'web envoy-outbound']],
    ['one is the proxy by its group', [WEB, BY_GROUP], ['web envoy-outbound', 'log direct']],
    ['three of them', [WEB, ['db', '{runAsUser: 999}'], SYNC], ['web envoy-outbound', 'db envoy-outbound', 'sync direct']],
    ['all of them other users than the proxy', [WEB, ['db', '{runAsUser: 999}']], ['web envoy-outbound', 'db envoy-outbound']],
    ['one user', [WEB, ['more', '{runAsUser: 1000, runAsGroup: 1000}']], []],
    ['one container', [SYNC], []],
    [
      'nobody says who',
      [
        ['a', '{}'],
        ['b', '{}'],
      ],
      [],
    ],
  ] as const)('%s', async (_, users, answers) => {
    expect((await traced(users)).answers).toEqual(answers);
  });

  it("take the pod's user where a container says none", async () => {
    const { answers } = await traced([WEB, ['b', '{}']], {}, undefined, '{runAsUser: 1337}');
    expect(answers).toEqual(['web envoy-outbound', 'b direct']);
  });

  it('are lines below the verdict', async () => {
    const { output } = await traced([WEB, SYNC]);
    expect(output).toContain(
      '\ncontainer  web (uid 1000, gid 1000): envoy-outbound: caught by Envoy outbound (15001)\ncontainer  sync (uid 1337, gid 1337): direct: ',
    );
    expect(output).toMatch(/^direct: leaves the pod by eth0, not caught\ncontainer /);
  });

  it('are those of a request of the application as well, and of nothing else', async () => {
    expect((await traced([WEB, SYNC], {}, { request: 'app-to-service' })).answers).toEqual(['web envoy-outbound', 'sync direct']);
    expect((await traced([WEB, SYNC], {}, { request: 'client-to-app' })).answers).toEqual([]);
    expect((await traced([WEB, SYNC], {}, { from: 'uid:1000,gid:1000', to: '10.0.0.5:80' })).answers).toEqual([]);
  });
});

// The worst is one whose calls the proxy does not get.
describe('--expect is decided by the worst', () => {
  it.each([
    ['envoy-outbound', [WEB, SYNC], 1],
    ['direct', [WEB, SYNC], 0],
    ['direct', [WEB, ['db', '{runAsUser: 999}']], 1],
    ['envoy-outbound', [WEB, ['db', '{runAsUser: 999}']], 0],
    ['direct', [SYNC, BY_GROUP], 0],
  ] as const)('%s of %j', async (verdict, users, code) => {
    expect((await traced(users, { expect: verdict })).exitCode).toBe(code);
    expect((await traced(users, { expect: verdict }, { request: 'app-to-outside' })).exitCode).toBe(code);
  });

  it('and whose it is, is said', async () => {
    expect((await traced([WEB, SYNC], { expect: 'envoy-outbound' })).notes.at(-1)).toBe(
      'not as expected (envoy-outbound): for the container sync, direct: leaves the pod by eth0, not caught',
    );
  });
});
