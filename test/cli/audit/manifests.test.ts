/** Manifests of ours against the types that Kubernetes' own schemas are told as: TypeScript refuses a field that is not there as well as one of another kind. */

import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { loadAll } from 'js-yaml';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { throughDebugPod } from '../../../src/host/cluster/live/access-method.ts';
import { ROOT } from '../program.ts';

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly [key: string]: unknown;
}

interface DaemonSet extends Manifest {
  readonly spec: { readonly template: { readonly spec: { readonly containers: readonly { readonly securityContext: object }[] } } };
}

const EXAMPLE = loadAll(readFileSync(`${ROOT}docs/examples/audit-daemonset.yaml`, 'utf8')) as readonly Manifest[];
const DAEMON_SET = EXAMPLE.find(({ kind }) => kind === 'DaemonSet') as DaemonSet;
const POD = { namespace: 'shop', name: 'web', uid: '0f4e1c9a-52d7-4c55-9d1e-3a8f6b2c7e10', node: 'a', isNotRoot: false };
const DEBUG_POD = JSON.parse(throughDebugPod(POD, 'look', 'tools:1', 'kube-system').creates?.create.input ?? '') as Manifest;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'istio-init-types-'));
  symlinkSync(`${ROOT}node_modules`, join(folder, 'node_modules'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What Kubernetes would not know of the manifests, as the compiler says it. */
async function refusals(...manifests: readonly Manifest[]): Promise<string> {
  const lines = manifests.map((manifest, index) => {
    const [group = '', version] = manifest.apiVersion.includes('/') ? manifest.apiVersion.split('/') : ['core', manifest.apiVersion];
    return `export const m${index}: import('kubernetes-types/${group}/${version}').${manifest.kind} = ${JSON.stringify(manifest, null, 2)};`;
  });
  writeFileSync(join(folder, 'manifests.ts'), lines.join('\n'));
  const options = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'esnext', '--moduleResolution', 'bundler', '--pretty', 'false'];
  const { stdout } = await execa(`${ROOT}node_modules/.bin/tsc`, [...options, 'manifests.ts'], { cwd: folder, reject: false });
  return stdout;
}

it('Kubernetes knows every field of the audit DaemonSet and its namespace, and of the debug pod of --live', async () => {
  expect(EXAMPLE.map(({ kind }) => kind)).toEqual(['Namespace', 'DaemonSet']);
  expect(await refusals(...EXAMPLE, DEBUG_POD)).toBe('');
});

it('and would refuse a field that is misspelt, one of another kind, and one that is missing', async () => {
  const [container] = DAEMON_SET.spec.template.spec.containers;
  const changed = (change: object): DaemonSet => {
    const spec = { ...DAEMON_SET.spec.template.spec, containers: [{ ...container, securityContext: {}, ...change }] };
    return { ...DAEMON_SET, spec: { ...DAEMON_SET.spec, template: { ...DAEMON_SET.spec.template, spec } } };
  };
  expect(await refusals(changed({ securityContext: { appArmorProfil: { type: 'Unconfined' } } }))).toContain(
    'appArmorProfil"\' does not exist',
  );
  expect(await refusals(changed({ securityContext: { runAsUser: '0' } }))).toContain("'string' is not assignable to type 'number'");
  expect(await refusals(changed({ name: undefined }))).toContain("'name' is missing");
});
