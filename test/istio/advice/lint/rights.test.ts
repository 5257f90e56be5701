/** What the containers of Istio may do, by release, installer and the namespace's level of Pod Security. */

import { describe, expect, it } from 'vitest';
import { readManifest } from '../../../../src/istio/kubernetes/manifest/read.ts';
import { withContext } from '../../../../src/istio/kubernetes/mesh/context.ts';
import { readYaml } from '../../../../src/istio/yaml.ts';
import { APP, at, codesOf, diagnosticsOf, injected, mesh, pod } from './workloads.ts';

const rights = (context: string, more = ''): string =>
  injected('1.28.3', []).replace('      image: x/', `      securityContext: {${context}}\n${more}      image: x/`);

describe('a read-only root file system of istio-init', () => {
  const CODE = 'init-read-only-root';

  it.each([
    ['runAsUser: 0, readOnlyRootFilesystem: true', '', true],
    ['runAsUser: 0, readOnlyRootFilesystem: false', '', false],
    ['runAsUser: 0', '', false],
    ['readOnlyRootFilesystem: true, privileged: true', '', true],
    ['runAsUser: 0, readOnlyRootFilesystem: true', '      volumeMounts: [{name: run, mountPath: /run}]\n', false],
    ['runAsUser: 0, readOnlyRootFilesystem: true', '      volumeMounts: [{name: run, mountPath: /var/run/}]\n', false],
    ['runAsUser: 0, readOnlyRootFilesystem: true', '      volumeMounts: [{name: tmp, mountPath: /tmp}]\n', true],
  ])('{%s} %j: %s', (context, more, said) => {
    expect(codesOf(rights(context, more)).includes(CODE)).toBe(said);
  });

  it('is nothing that the injector writes', () => {
    expect(codesOf(pod(APP), at('1.28'))).not.toContain(CODE);
  });
});

describe('a namespace that enforces restricted', () => {
  const labelled = (level: string, values = '') => {
    const text = `apiVersion: v1\nkind: Namespace\nmetadata: {name: default, labels: {pod-security.kubernetes.io/enforce: ${level}, istio-injection: enabled}}\n`;
    const documents = readYaml(text);
    if ('reason' in documents) throw new Error(documents.reason);
    const namespaces = documents.flatMap((document) => readManifest(document, 'a.yaml')).filter((item) => item.kind === 'namespace');
    return { mesh: withContext(mesh(values === '' ? '{}' : values), ...namespaces), installer: 'cni' as const, ...at('1.28') };
  };
  const said = (text: string, request: ReturnType<typeof labelled>): readonly string[] =>
    diagnosticsOf(text, request).flatMap(({ code, text: words }) => (code === 'pod-security' ? [words] : []));
  const OWN = 'securityContext: {seccompProfile: {type: RuntimeDefault}}';
  const bare = pod(`  containers: [{name: app, ${OWN}}, {name: other, ${OWN}}]\n`);
  const profiled = (type: string): string => pod(`  securityContext: {seccompProfile: {type: ${type}}}\n${APP}`);

  it('takes no pod whose proxy has no seccomp profile, with the CNI plugin as well', () => {
    expect(said(bare, labelled('restricted')).join()).toContain('istio-proxy has no seccomp profile');
  });

  it('is no matter of Istio where the application has none either', () => {
    expect(said(pod(APP), labelled('restricted'))).toEqual([]);
    expect(said(profiled('Unconfined'), labelled('restricted'))).toEqual([]);
  });

  it('takes one whose pod has a profile, or whose mesh gives one to the proxy', () => {
    expect(said(profiled('RuntimeDefault'), labelled('restricted'))).toEqual([]);
    expect(said(profiled('Localhost'), labelled('restricted'))).toEqual([]);
    expect(said(bare, labelled('restricted', 'global: {proxy: {seccompProfile: {type: RuntimeDefault}}}'))).toEqual([]);
  });

  it('is another thing than baseline, which asks for none', () => {
    expect(said(bare, labelled('baseline'))).toEqual([]);
  });
});

describe('holdApplicationUntilProxyStarts', () => {
  const annotated = (native: string, hold: string): string =>
    pod(APP, `sidecar.istio.io/nativeSidecar: "${native}", proxy.istio.io/config: "holdApplicationUntilProxyStarts: ${hold}"`);

  it.each([
    ['1.28', 'true', 'true', true],
    ['1.28', 'false', 'true', false],
    ['1.28', 'true', 'false', false],
    ['1.23', 'true', 'true', false],
  ])('at %s, with nativeSidecar %s and hold %s, has no effect: %s', (release, native, hold, idle) => {
    expect(codesOf(annotated(native, hold), at(release)).includes('hold-idle')).toBe(idle);
  });
});

describe('a proxy that the rules do not let through', () => {
  const proxied = (context: string, podContext = '', args: readonly string[] = []): string =>
    injected('1.18.3', args).replace(
      '  containers: [{name: app}]',
      `  securityContext: {${podContext}}\n  containers: [{name: app}, {name: istio-proxy, image: x/proxyv2:1.18.3, securityContext: {${context}}}]`,
    );
  const said = (text: string): readonly string[] =>
    diagnosticsOf(text).flatMap(({ code, severity }) => (code === 'proxy-not-exempt' ? [severity] : []));

  it.each([
    ['runAsUser: 2000, runAsGroup: 2000', '', [], ['error']],
    ['runAsUser: 2000', 'runAsGroup: 3000', [], ['error']],
    ['', 'runAsUser: 2000, runAsGroup: 3000', [], ['error']],
    // Which group it then has, the image says.
    ['runAsUser: 2000', '', [], ['warning']],
    ['runAsUser: 2000, runAsGroup: 1337', '', [], []],
    ['runAsUser: 1337, runAsGroup: 2000', '', [], []],
    ['runAsUser: 0, runAsGroup: 1337', '', [], []],
    ['runAsUser: 1337', 'runAsUser: 2000', [], []],
    ['', '', [], []],
    ['runAsUser: 2000, runAsGroup: 2000', '', ['-u', '"1337,2000"'], []],
    ['runAsUser: 2000, runAsGroup: 2000', '', ['-g', '"2000"'], []],
    ['runAsUser: 2000, runAsGroup: 2000', '', ['-i', '""'], []],
  ] as const)('{%s} in a pod {%s} with %j: %j', (context, podContext, args, severities) => {
    expect(said(proxied(context, podContext, args))).toEqual(severities);
  });

  it.each([
    ['1.20.6', 'runAsUser: 2000, runAsGroup: 2000', ['error']],
    ['1.20.6', 'runAsUser: 2000', []],
    ['1.20.7', 'runAsUser: 2000, runAsGroup: 2000', []],
    ['1.28', 'runAsUser: 2000, runAsGroup: 2000', []],
  ])('is looked for before the injection as well: at %s {%s}', (release, context, severities) => {
    const text = pod(`  containers: [{name: app}, {name: istio-proxy, image: auto, securityContext: {${context}}}]\n`);
    expect(diagnosticsOf(text, at(release)).flatMap(({ code, severity }) => (code === 'proxy-not-exempt' ? [severity] : []))).toEqual(
      severities,
    );
  });
});
