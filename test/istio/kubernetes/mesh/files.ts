/** The same mesh in every form of file that `--values` takes, as clusters and people have them. */

export const HELM = `global:
  tag: 1.22.3
  proxy:
    includeIPRanges: 10.0.0.0/8,192.168.0.0/16
    excludeInboundPorts: 9090
    statusPort: 15020
    resources:
      requests: {cpu: 100m, memory: 128Mi}
  logging: {level: "default:debug"}
  logAsJson: true
pilot:
  autoscaleEnabled: false
  cni:
    enabled: true
meshConfig:
  accessLogFile: /dev/stdout
  proxyListenPort: 15101
  rootNamespace: istio-root
  defaultConfig:
    interceptionMode: TPROXY
    holdApplicationUntilProxyStarts: true
    proxyMetadata:
      ISTIO_META_DNS_CAPTURE: "true"
`;

export const HELM_JSON = JSON.stringify({
  global: {
    tag: '1.22.3',
    proxy: { includeIPRanges: '10.0.0.0/8,192.168.0.0/16', excludeInboundPorts: '9090', statusPort: 15020 },
    logging: { level: 'default:debug' },
    logAsJson: true,
  },
  pilot: { cni: { enabled: true } },
  meshConfig: {
    proxyListenPort: 15101,
    rootNamespace: 'istio-root',
    defaultConfig: { interceptionMode: 'TPROXY', proxyMetadata: { ISTIO_META_DNS_CAPTURE: 'true' } },
  },
});

export function indented(text: string, by: number): string {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => (line === '' ? '' : ' '.repeat(by) + line))
    .join('\n');
}

const MESH_CONFIG = HELM.slice(HELM.indexOf('meshConfig:\n') + 'meshConfig:\n'.length)
  .split('\n')
  .map((line) => line.slice(2))
  .join('\n');

export const OPERATOR = `apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: {name: installed-state, namespace: istio-system}
spec:
  hub: docker.io/istio
  profile: default
  tag: 1.22.3
  meshConfig:
${indented(MESH_CONFIG, 4)}
  components:
    cni: {enabled: true}
    ingressGateways: [{name: istio-ingressgateway, enabled: true}]
  unvalidatedValues:
    global: {proxy: {statusPort: 15020}}
  values:
    global:
      logAsJson: true
      logging: {level: "default:debug"}
      proxy:
        includeIPRanges: 10.0.0.0/8,192.168.0.0/16
        excludeInboundPorts: "9090"
`;

export const SAIL = `apiVersion: sailoperator.io/v1
kind: Istio
metadata: {name: default}
spec:
  version: v1.22.3
  namespace: istio-system
  updateStrategy: {type: InPlace}
  values:
${indented(HELM.replace('  tag: 1.22.3\n', ''), 4)}
`;

/** What `kubectl -n istio-system get configmap istio istio-sidecar-injector -o yaml` prints. */
export function configMaps(config = 'policy: enabled'): string {
  const values = JSON.stringify(
    JSON.parse(HELM_JSON),
    [
      'global',
      'tag',
      'proxy',
      'includeIPRanges',
      'excludeInboundPorts',
      'statusPort',
      'logging',
      'level',
      'logAsJson',
      'pilot',
      'cni',
      'enabled',
    ],
    2,
  );
  return `apiVersion: v1
items:
- apiVersion: v1
  data:
    mesh: |-
${indented(MESH_CONFIG, 6)}
    meshNetworks: 'networks: {}'
  kind: ConfigMap
  metadata:
    labels: {istio.io/rev: default}
    name: istio
    namespace: istio-system
- apiVersion: v1
  data:
    config: |-
${indented(config, 6)}
    values: |-
${indented(values, 6)}
  kind: ConfigMap
  metadata:
    name: istio-sidecar-injector
    namespace: istio-system
kind: List
metadata:
  resourceVersion: ""
`;
}

/** The same ConfigMaps as \`-o json\` has them: texts in one line of JSON. */
export function configMapsJson(): string {
  const { global, pilot, meshConfig } = JSON.parse(HELM_JSON) as Record<string, unknown>;
  const map = (name: string, data: Record<string, string>): object => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data });
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'List',
    items: [
      map('istio-1-22-3', { mesh: JSON.stringify(meshConfig, null, 2) }),
      map('istio-sidecar-injector-1-22-3', { config: 'policy: enabled\n', values: JSON.stringify({ global, pilot }, null, 2) }),
    ],
  });
}
