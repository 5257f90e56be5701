// A pod that lives was seen by every webhook: one without a sidecar has no rules, whatever its annotations say.

import { afterAll, describe, expect, it } from 'vitest';
import { plain } from '../../../src/cli/terminal/color.ts';
import { trace } from '../../../src/cli/trace/trace.ts';
import { run, scratchFolder } from '../program.ts';

const folder = scratchFolder();
afterAll(folder.remove);

interface Made {
  readonly kind?: string;
  readonly status?: string;
  readonly annotations?: string;
  readonly more?: string;
  /** With a container istio-proxy. */
  readonly proxy?: boolean;
}

const PROXY = `
  initContainers:
  - {name: istio-init, image: docker.io/istio/proxyv2:1.20.3, args: [istio-iptables, -p, "15001", -z, "15006", -u, "1337", -m, REDIRECT, -i, "*", -b, "*"]}`;

function manifest({
  kind = 'Pod',
  status = '{phase: Running, podIP: 10.44.1.9}',
  annotations = '{}',
  more = '',
  proxy = false,
}: Made): string {
  const spec = `spec:${more}
  containers:
  - {name: app, image: app}${proxy ? '\n  - {name: istio-proxy, image: "docker.io/istio/proxyv2:1.20.3"}' : ''}`;
  if (kind === 'Pod')
    return `apiVersion: v1\nkind: Pod\nmetadata: {name: cart, namespace: shop, annotations: ${annotations}}\n${spec}\n${status === '' ? '' : `status: ${status}\n`}`;
  const template = spec.replace(/^/gm, '    ');
  return `apiVersion: apps/v1\nkind: ${kind}\nmetadata: {name: cart, namespace: shop}\nspec:\n  template:\n    metadata: {annotations: ${annotations}}\n${template}\nstatus: {replicas: 1}\n`;
}

let count = 0;
function source(made: Made): string {
  count += 1;
  return `${folder.path}/${folder.write(`${count}.yaml`, manifest(made))}`;
}

async function verdictOf(made: Made, { manifests = {}, release = undefined as string | undefined } = {}) {
  const given = {
    ...{ sets: [], env: [], addresses: [], nameservers: [], ...(release !== undefined && { release }) },
    manifests: { filenames: [], values: [], imageReleases: [], keepArguments: false, ...manifests },
  };
  const words = { from: 'app', to: '10.20.0.9:443' };
  const { output, notes } = await trace({
    source: source(made),
    given,
    output: 'json',
    words,
    beforeProxy: false,
    all: false,
    paint: plain,
  });
  return { ...(JSON.parse(output) as { verdict: { id: string; words: string } }).verdict, notes: notes.join('\n') };
}

describe('a pod that lives without a sidecar has no rules', () => {
  it.each([
    ['running', {}, 'direct'],
    ['waiting to run', { status: '{phase: Pending}' }, 'direct'],
    ['failed', { status: '{phase: Failed}' }, 'direct'],
    ['ended', { status: '{phase: Succeeded}' }, 'direct'],
    ['running, with annotations for an injector', { annotations: '{traffic.sidecar.istio.io/excludeOutboundPorts: "1"}' }, 'direct'],
    ['not made yet', { status: '' }, 'envoy-outbound'],
    ['written by kubectl, which prints an empty status', { status: '{}' }, 'envoy-outbound'],
    ['that is a template, whose workload has a status', { kind: 'Deployment' }, 'envoy-outbound'],
    ['running with istio-init', { more: PROXY }, 'envoy-outbound'],
    ['that the CNI plugin made rules for', { annotations: `{sidecar.istio.io/status: '{}'}`, proxy: true }, 'envoy-outbound'],
  ] as const)('%s', async (_, made, id) => {
    expect((await verdictOf(made)).id).toBe(id);
  });

  it('says so, and how to see it otherwise', async () => {
    const { notes } = await verdictOf({});
    expect(notes).toMatch(
      /Pod shop\/cart gets no rules: it runs without a sidecar; --as-injected shows .* \(.*\.yaml:7:17 status\.phase\)/,
    );
  });

  it('is looked at as if it were injected where that is asked for: by --as-injected, a release or an installer', async () => {
    expect((await verdictOf({}, { manifests: { asInjected: true } })).id).toBe('envoy-outbound');
    expect((await verdictOf({}, { manifests: { installer: 'cni' } })).id).toBe('envoy-outbound');
    expect((await verdictOf({}, { release: '1.20' })).id).toBe('envoy-outbound');
  });
});

it('a pod that the node agent has put into ambient mode has the rules of that', async () => {
  const made = { annotations: '{ambient.istio.io/redirection: enabled}' };
  const verdict = await verdictOf(made);
  expect(verdict).toMatchObject({ id: 'ztunnel-outbound', words: 'caught by ztunnel (15001)' });
  expect(verdict.notes).toContain('it is in ambient mode, without a sidecar');
  expect((await verdictOf({ annotations: '{ambient.istio.io/redirection: disabled}' })).id).toBe('direct');
});

it('the program takes --as-injected with every command that reads manifests, and without it no pod that lives is given rules', async () => {
  const file = source({});
  const shown = await run(['preview', file, '-o', 'commands']);
  expect(shown).toMatchObject({ exitCode: 0, stdout: '' });
  expect((await run(['preview', file, '-o', 'commands', '--as-injected'])).stdout).toContain('ISTIO_OUTPUT');
});
