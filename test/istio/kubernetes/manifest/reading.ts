import type { ManifestItem } from '../../../../src/istio/kubernetes/manifest/item.ts';
import { readManifest } from '../../../../src/istio/kubernetes/manifest/read.ts';
import type { Texts, Workload } from '../../../../src/istio/kubernetes/manifest/workload.ts';
import type { Sourced } from '../../../../src/istio/origin.ts';
import { printSource } from '../../../../src/istio/origin.ts';
import { formatProblem } from '../../../../src/istio/problems.ts';
import { readYaml } from '../../../../src/istio/yaml.ts';

/** What stands in the documents of a text. */
export function itemsOf(text: string): readonly ManifestItem[] {
  const documents = readYaml(text);
  if ('reason' in documents) throw new Error(`the test's own YAML: ${documents.reason}`);
  return documents.flatMap((document) => readManifest(document, 'm.yaml'));
}

/** The only workload of a text that has no problem. */
export function workloadOf(text: string): Workload {
  const items = itemsOf(text);
  const [item] = items;
  if (items.length !== 1 || item?.kind !== 'workload') throw new Error(`not one workload: ${said(items).join('\n')}`);
  return item.workload;
}

/** Each item on a line. */
export function said(items: readonly ManifestItem[]): readonly string[] {
  return items.map((item) => {
    switch (item.kind) {
      case 'workload':
        return `${item.workload.kind} ${item.workload.namespace}/${item.workload.name}`;
      case 'row':
        return `row of ${item.kin.map(({ workload, count }) => `${count} like ${workload.namespace}/${workload.name}`).join(', ')}`;
      case 'sidecar':
        return `sidecar ${Object.keys(item.sidecar.overrides).join(' ')}`;
      case 'proxy config':
        return `ProxyConfig ${item.resource.namespace}/${item.resource.name}`;
      case 'namespace':
        return `Namespace ${item.name}`;
      case 'other object':
        return `${item.object.what}: ${item.object.places.map(({ as, texts }) => `${texts.size} ${as}`).join(', ')}`;
      case 'skipped':
        return `skipped ${item.what}`;
      case 'problem':
        return formatProblem(item.problem);
      default:
        return item satisfies never;
    }
  });
}

/** A value and its place: `3306 m.yaml:7:52`. */
export function placed({ value, source }: Sourced<string>): string {
  return `${value} ${printSource(source)}`;
}

export function placedTexts(texts: Texts): Readonly<Record<string, string>> {
  return Object.fromEntries([...texts].map(([name, text]) => [name, placed(text)]));
}
