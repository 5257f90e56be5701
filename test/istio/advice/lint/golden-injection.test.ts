/**
 * The whole table of lint against the manifests that real injectors were given: what they make a default pod of has no
 * finding above a note, at no release. What is found in the others is true, and listed here.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { dump, load } from 'js-yaml';
import { expect, it } from 'vitest';
import { lintGathering } from '../../../../src/istio/advice/lint/collect.ts';
import { readManifest } from '../../../../src/istio/kubernetes/manifest/read.ts';
import { withContext } from '../../../../src/istio/kubernetes/mesh/context.ts';
import { NO_MESH } from '../../../../src/istio/kubernetes/mesh/mesh.ts';
import { readMesh } from '../../../../src/istio/kubernetes/mesh/read.ts';
import { readYaml } from '../../../../src/istio/yaml.ts';
import { RELEASES } from '../../../golden.ts';
import { played } from '../../../trials.ts';

interface Golden {
  readonly name: string;
  readonly manifest: string;
  readonly values?: object;
  readonly meshConfig?: object;
  readonly outcomes: readonly { readonly releases: readonly string[]; readonly injected?: boolean; readonly refused?: string }[];
}

const FOLDER = new URL('../../../../golden/injection/', import.meta.url);
const GOLDEN = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => load(readFileSync(new URL(file, FOLDER), 'utf8')) as Golden);

/** Inputs whose findings are right, by the beginning of their names: they were written to be odd. */
const ODD: Readonly<Record<string, readonly string[]>> = {
  'again-injected-pod': ['changed-after-injection'],
  // A release that does not read it yet.
  'cni-force-apply': ['value-not-read'],
  'cni-metadata': ['variable-not-read'],
  'cni-nft': ['value-not-read'],
  'cni-own-inits': ['init-container-without-proxy'],
  'cni-values': ['annotation-not-read', 'inbound-excludes-idle', 'value-not-read'],
  'config-lower-case-key': ['unknown-value'],
  'config-metadata': ['variable-not-read', 'name-without-number'],
  'config-resource-dns-capture': ['variable-not-read'],
  interfaces: ['refused-by-program', 'annotation-not-read'],
  // One of its workloads is refused.
  'kinds-list': ['refused-by-injector'],
  // Neither of the plugin's modes.
  'mode-none-with-cni': ['refused-by-injector'],
  // Of the releases that leave -u as it is.
  'openshift-equal-users': ['proxy-user', 'proxy-not-exempt'],
  'others-agent-log-level': ['annotation-not-read'],
  'own-proxy-user-and-group': ['proxy-not-exempt'],
  // Which release its image is of nobody can tell.
  'own-init-and-proxy-user': ['image-without-release'],
  'ports-all-four': ['inbound-excludes-idle', 'included-outbound-ports-idle'],
  'ports-excludeInboundPorts-zero': ['port-zero'],
  'ports-excludeInboundPorts-zeros-in-front': ['refused-by-program'],
  'ports-includeInboundPorts-blank': ['refused-by-program'],
  'ports-includeOutboundPorts': ['refused-by-program', 'included-outbound-ports-idle', 'port-zero'],
  'ports-on-the-deployment-only': ['misplaced-annotation'],
  'ranges-exclude-host-bits': ['range-with-host-bits'],
  'ranges-include-host-bits': ['range-with-host-bits'],
  'status-port-zero': ['status-port-captured'],
  'values-dual-stack': ['variable-not-read'],
  'values-force-apply': ['value-not-read'],
  'values-include-outbound': ['included-outbound-ports-idle'],
  'values-listen-ports': ['value-not-read'],
  'values-metadata': ['variable-not-read'],
  'values-native-nftables': ['value-not-read'],
  'who-annotation': ['inject-not-a-boolean'],
};

function foundIn({ manifest, values, meshConfig }: Golden, release: string): readonly string[] {
  const given = { ...values, ...(meshConfig === undefined ? {} : { meshConfig }) };
  const documents = readYaml(manifest);
  if ('reason' in documents) throw new Error(documents.reason);
  const items = documents.flatMap((document) => readManifest(document, 'a.yaml'));
  const base = Object.keys(given).length === 0 ? NO_MESH : readMesh([{ file: 'values.yaml', text: dump(given) }]);
  const mesh = withContext(base, ...items.filter((item) => item.kind === 'namespace' || item.kind === 'proxy config'));
  const gathering = lintGathering({ images: [], release: { value: release, source: { kind: 'option', option: '--release' } } });
  for (const item of items) {
    if (item.kind === 'workload') gathering.workload(item.workload, mesh);
    if (item.kind === 'other object') gathering.other(item.object, mesh);
    if (item.kind === 'problem') gathering.problem(item.problem);
  }
  return gathering.report().results.flatMap(({ code, severity }) => (severity === 'note' ? [] : [code]));
}

it.each(GOLDEN.map((golden) => [golden.name, golden] as const))('%s has no finding that is not true', (name, golden) => {
  const right = Object.entries(ODD).flatMap(([start, codes]) => (name.startsWith(start) ? codes : []));
  const wrong = golden.outcomes
    .filter(({ injected }) => injected === true)
    .flatMap(({ releases }) => played(releases.filter((release) => RELEASES.includes(release))))
    .flatMap((release) => foundIn(golden, release).flatMap((code) => (right.includes(code) ? [] : [`${release}: ${code}`])));
  expect(wrong).toEqual([]);
});
