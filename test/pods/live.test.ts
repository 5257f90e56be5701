/** `--live` and a real pod: podman in the kubelet's place, behind a stand-in for the API server's exec; the image tools is the ephemeral container. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run, scratchFolder } from '../cli/program.ts';
import type { ApiServer, Recorded } from '../cluster/api-server.ts';
import { apiServer } from '../cluster/api-server.ts';
import { CAN_DEBUG } from '../cluster/kubectl.ts';
import { POD_UID } from '../cluster/live-cluster.ts';
import { controlPlane, namespace, webhooks } from '../cluster/recorded.ts';
import { buildMachine, buildOurs, TOOLS } from './images.ts';
import { podFile, RELEASE } from './manifest.ts';
import type { PodNode } from './node.ts';
import { openNode } from './node.ts';
import { describePods } from './requirements.ts';

const POD = 'pod/web';
const ADDRESS = '198.51.100.20';

interface Ephemeral {
  readonly name: string;
  readonly command?: readonly string[];
  readonly securityContext?: { readonly capabilities?: { readonly add?: readonly string[] } };
}

(CAN_DEBUG ? describePods : describe.skip)('the rules in a pod of podman, by --live', () => {
  const folder = scratchFolder();
  let node: PodNode;
  let server: ApiServer;

  beforeAll(async () => {
    node = await openNode(await buildOurs());
    await buildMachine(node);
    await node.podman('network', 'create', '--subnet', '198.51.100.0/24', '--disable-dns', 'mesh');
    const file = podFile(node, { name: 'web', annotations: { 'traffic.sidecar.istio.io/excludeOutboundPorts': '9080' } });
    await node.podman('kube', 'play', '--network', `mesh:ip=${ADDRESS}`, file);
    const { spec, metadata } = JSON.parse(readFileSync(file, 'utf8')) as Recorded & { spec: object };
    const pod: Recorded = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { ...metadata, namespace: 'shop', uid: POD_UID },
      spec: { ...spec, nodeName: 'box' },
      status: { phase: 'Running', podIPs: [{ ip: ADDRESS }] },
    };
    server = await apiServer([namespace('shop', { 'istio-injection': 'enabled' }), ...controlPlane('', RELEASE), webhooks(''), pod]);
    // Its client execs over WebSocket, which is what the stand-in speaks.
    server.version = '1.32.0';
    server.onChange = (what, object) => void started(what, object);
    server.exec = async (container, words, input) => {
      const { exitCode = 1, ...said } = await node.run(
        ['podman', ...node.store, 'exec', '-i', container.split(' ')[1] ?? '', ...words],
        input,
      );
      // The last line end is not among what execa hands on.
      return { exitCode, stdout: `${said.stdout}\n`, stderr: `${said.stderr}\n` };
    };
    folder.write('config', server.kubeconfig);
  }, 240_000);
  afterAll(async () => {
    await server?.close();
    await node?.close();
    folder.remove();
  });

  /** As a kubelet starts an ephemeral container: in the pod's namespaces, with the rights that it asks for and no others. */
  async function started(what: string, object: Recorded): Promise<void> {
    const { ephemeralContainers = [] } = object['spec'] as { readonly ephemeralContainers?: readonly Ephemeral[] };
    const last = ephemeralContainers.at(-1);
    if (what !== 'update' || last === undefined) return;
    const { name, command = [], securityContext } = last;
    const rights = (securityContext?.capabilities?.add ?? []).map((right) => `--cap-add=${right}`);
    const [program = '', ...words] = command;
    await node.podman('run', '-d', '--name', name, '--pod', 'web', '--cap-drop=ALL', ...rights, `--entrypoint=${program}`, TOOLS, ...words);
    const running = { name, state: { running: { startedAt: '2026-01-12T08:14:01Z' } } };
    server.change('MODIFIED', { ...object, status: { ...(object['status'] as object), ephemeralContainerStatuses: [running] } });
  }

  const live = (...words: readonly string[]): ReturnType<typeof run> =>
    run([
      ...words,
      '--live',
      '--image',
      TOOLS,
      '--image-release',
      `localhost/*=${RELEASE}`,
      '--yes',
      '--kubeconfig',
      join(folder.path, 'config'),
    ]);

  /** The containers of ours that still run. */
  async function running(): Promise<string> {
    for (let tries = 0; tries < 50; tries += 1) {
      const names = (await node.podman('ps', '--filter', 'name=istio-init-live', '--format', '{{.Names}}')).trim();
      if (names === '') return '';
      await setTimeout(100);
    }
    return node.podman('ps');
  }

  it('are those of its manifest, and nothing runs in it afterwards', async () => {
    const found = await live('check', POD);
    expect(found.stderr).toContain(
      `note: --live creates an ephemeral container of ${TOOLS} in the pod shop/web, with NET_ADMIN and NET_RAW`,
    );
    expect(found.stdout).toContain('as it should be');
    expect(await running()).toBe('');
  }, 120_000);

  it('are told from those of its manifest where somebody has changed them', async () => {
    const pid = (await node.podman('inspect', 'web-app', '--format', '{{.State.Pid}}')).trim();
    const changed = await node.run([
      'nsenter',
      '-t',
      pid,
      '-n',
      'iptables-nft',
      '-t',
      'nat',
      '-I',
      'ISTIO_OUTPUT',
      '1',
      '-p',
      'tcp',
      '--dport',
      '443',
      '-j',
      'RETURN',
    ]);
    expect(changed).toMatchObject({ exitCode: 0 });
    const [check, escapes] = [await live('check', POD), await live('escapes', POD)];
    expect(check.exitCode).toBe(1);
    expect(check.stdout).toContain('--dport 443 -j RETURN');
    expect(escapes.stdout).toContain('443');
    expect(await running()).toBe('');
  }, 120_000);
});
