import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clusterMesh } from '../../../src/host/cluster/mesh.ts';
import { formatProblem } from '../../../src/istio/problems.ts';
import type { SourceOptions } from '../../../src/sources/options.ts';
import { NO_MANIFEST_OPTIONS } from '../../../src/sources/options.ts';
import { plannedGroups } from '../../../src/sources/rule-groups/planned-groups.ts';
import { scratchFolder } from '../../cli/program.ts';
import type { ApiServer, Recorded } from '../../cluster/api-server.ts';
import { apiServer } from '../../cluster/api-server.ts';
import { HAS_KUBECTL } from '../../cluster/kubectl.ts';
import { controlPlane, namespace, owner, webhooks } from '../../cluster/recorded.ts';

const folder = scratchFolder();
afterAll(() => folder.remove());

describe.skipIf(!HAS_KUBECTL)("a cluster's control planes", () => {
  let server: ApiServer;
  let given: SourceOptions;

  const labelled = (name: string, labels: Record<string, string>): readonly Recorded[] => [
    namespace(name, labels),
    owner({ name: 'app', namespace: name }),
  ];

  beforeAll(async () => {
    server = await apiServer([
      ...controlPlane('', '1.28.0', { excludeInboundPorts: '9000' }),
      ...controlPlane('canary', '1.29.0', { excludeInboundPorts: '9999' }),
      // A tag that stands for the canary, and a webhook that no chart makes.
      webhooks(''),
      webhooks('canary'),
      webhooks('canary', { tag: 'prod' }),
      ...labelled('plain', {}),
      ...labelled('old', { 'istio-injection': 'enabled' }),
      ...labelled('new', { 'istio.io/rev': 'canary' }),
      ...labelled('tagged', { 'istio.io/rev': 'prod' }),
      ...labelled('unknown', { 'istio.io/rev': 'nobody' }),
    ]);
    const kubeconfig = join(folder.path, folder.write('config', server.kubeconfig));
    const manifests = { ...NO_MANIFEST_OPTIONS, filenames: ['cluster'] };
    given = { manifests, filename: 'cluster', cluster: { kubeconfig }, sets: [], env: [], addresses: [], nameservers: [] };
  });
  afterAll(() => server.close());

  it('inject each namespace as its webhooks say, with the values and the release of its revision', async () => {
    const { groups } = await plannedGroups(given);
    const answers = groups.map(({ what, releases, examples }) => [
      examples.map(({ name }) => name).join(' '),
      what.kind === 'rules'
        ? `${[...releases.keys()].join(' ')}, without ${what.plan.settings['inbound.excludePorts'].value.map((port) => ('first' in port ? port.first : port)).join(' ')}`
        : what.kind,
    ]);
    expect(Object.fromEntries(answers)).toEqual({
      'Deployment new/app Deployment tagged/app': '1.29.0, without 15090 15021 9999 15020',
      'Deployment old/app': '1.28.0, without 15090 15021 9000 15020',
      'Deployment plain/app Deployment unknown/app': 'none',
    });
  });

  it('say where their values stand, as kubectl shows the ConfigMap', async () => {
    const { values } = await clusterMesh({ ...given.cluster });
    expect(values.get('global.proxy.excludeInboundPorts')?.source).toMatchObject({
      file: 'ConfigMap/istio-system/istio-sidecar-injector',
      line: 4,
    });
  });

  it('are unknown, and that is said, where rights are missing; and found by their names where the list alone is forbidden', async () => {
    const forbidden = (what: string): string =>
      `${what} is forbidden: User "jane" cannot list resource "${what}" in API group "" in the namespace "istio-system"`;
    server.faults.push({ on: /configmaps\?/, times: 9, status: 403, reason: 'Forbidden', message: forbidden('configmaps') });
    const byName = await clusterMesh({ ...given.cluster });
    expect([byName.problems, byName.values.get('global.tag')?.value]).toEqual([[], '1.28.0']);
    server.faults.push(
      { on: /configmaps/, times: 9, status: 403, reason: 'Forbidden', message: forbidden('configmaps') },
      { on: /mutatingwebhook/, times: 9, status: 403, reason: 'Forbidden', message: 'no' },
    );
    const unseen = await clusterMesh({ ...given.cluster });
    server.faults.splice(0);
    expect(unseen.problems.map(formatProblem)).toEqual([
      'cluster warning: who is injected is unknown, so that the selectors of the charts are assumed: 403: no',
      'cluster warning: what the mesh is installed with is unknown, so that the values of the charts are assumed: 403: jane has no right to list configmaps in the namespace istio-system',
    ]);
  });
});
