import { describe, expect, it } from 'vitest';
import { effectiveProxyConfig } from '../../../../src/istio/kubernetes/mesh/effective.ts';
import type { Mesh } from '../../../../src/istio/kubernetes/mesh/mesh.ts';
import { NO_MESH } from '../../../../src/istio/kubernetes/mesh/mesh.ts';
import { readMesh } from '../../../../src/istio/kubernetes/mesh/read.ts';
import { formatProblem } from '../../../../src/istio/problems.ts';
import { configMaps, configMapsJson, HELM, indented, OPERATOR, SAIL } from './files.ts';
import { templateOf } from './templates.ts';

const FILES = [
  HELM,
  OPERATOR,
  SAIL,
  configMapsJson(),
  configMaps(`policy: enabled\ntemplates:\n  sidecar: |\n${indented(templateOf('1.28'), 4)}`),
  configMaps(`policy: enabled\ntemplate: |\n${indented(templateOf('1.1'), 2)}`),
];

/** Reads a text, and checks what must be true of any. */
function check(text: string): Mesh {
  const mesh = readMesh([{ file: 'v.yaml', text }]);
  const lines = text.split('\n').length;
  for (const problem of mesh.problems) {
    expect(formatProblem(problem)).not.toMatch(/\p{Cc}/u);
    if (problem.source.kind === 'file') expect(problem.source.line).toBeLessThanOrEqual(lines + 1);
  }
  for (const { value, source } of mesh.values.values()) {
    expect(typeof value).toBe('string');
    if (source.kind === 'file') expect(source.line).toBeLessThanOrEqual(lines + 1);
  }
  return mesh;
}

const ODD = [
  '[',
  '{',
  '}',
  '"',
  "'",
  '|',
  '>',
  '&a',
  '*a',
  ':',
  '- ',
  '\t',
  '\n',
  '\r',
  '#',
  '~',
  '__proto__: 1',
  'null',
  '{{',
  ']]',
  '\u0000',
  '\u2028',
  '!!',
  '%',
];

describe('any text', () => {
  it('that is cut anywhere is read or refused', () => {
    for (const file of FILES) for (let cut = 0; cut < file.length; cut += 1 + Math.floor(file.length / 150)) check(file.slice(0, cut));
  });

  it('with anything put in anywhere is read or refused', () => {
    let seed = 1;
    const random = (below: number): number => {
      seed = (seed * 48271) % 2147483647;
      return seed % below;
    };
    for (let round = 0; round < 500; round++) {
      let text = FILES[random(FILES.length)] ?? '';
      for (let change = 0; change <= random(3); change++) {
        const at = random(text.length);
        text = text.slice(0, at) + (ODD[random(ODD.length)] ?? '') + text.slice(at + random(4));
      }
      check(text);
    }
  });

  it('as an annotation is read or refused', () => {
    const annotation = 'interceptionMode: TPROXY\nproxyMetadata:\n  A: "b"\n  ISTIO_META_DNS_CAPTURE: "true"\n';
    for (let cut = 0; cut <= annotation.length; cut++) {
      for (const nonDefault of ['', ...ODD]) {
        const value = annotation.slice(0, cut) + nonDefault + annotation.slice(cut);
        const source = { kind: 'file', file: 'p.yaml', line: 3, column: 1, indent: 4 } as const;
        const pod = { source, annotations: new Map([['proxy.istio.io/config', { value, source }]]), labels: new Map(), hostNetwork: false };
        const rest = { ids: { supplementalGroups: [] }, containers: [], initContainers: [], addresses: [] };
        const workload = {
          kind: 'Pod',
          namespace: 'n',
          name: 'p',
          source,
          annotations: new Map(),
          pod: { ...pod, ...rest },
        };
        for (const problem of effectiveProxyConfig(NO_MESH, workload).problems) expect(formatProblem(problem)).not.toMatch(/\p{Cc}/u);
      }
    }
  });

  it('of names that objects of JavaScript have is nothing special', () => {
    for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
      expect(check(`global: {${name}: {a: b}, proxy: {${name}: 1}}\n${name}: 1\n`).values.size).toBe(0);
      expect(check(`kind: ${name}\n`).problems).toHaveLength(1);
      expect([...(check(`meshConfig: {defaultConfig: {proxyMetadata: {${name}: a}}}`).defaultConfig?.metadata.keys() ?? [])]).toEqual([
        name,
      ]);
    }
  });
});
