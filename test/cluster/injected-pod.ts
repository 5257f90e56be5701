/** One injected pod of a made-up cluster, as `kubectl get pods -o json` shows it; what differs between pods of a kind is a mark. */

/** What a pod's owner asked for, and what its injector made of that. */
export interface Asked {
  readonly annotations: Readonly<Record<string, string>>;
  /** Arguments in place of those of a default pod, by flag. */
  readonly changed: Readonly<Record<string, string>>;
}

/** What is filled in for each pod. */
export const MARKS = ['NAMESPACE', 'APP', 'HASH', 'SUFFIX', 'ADDRESS', 'NODE', 'UID'] as const;

export type Mark = (typeof MARKS)[number];

export const mark = (name: Mark): string => `@@${name}@@`;

const ORDINARY: readonly (readonly [flag: string, value: string])[] = [
  ['-p', '15001'],
  ['-z', '15006'],
  ['-u', '1337'],
  ['-m', 'REDIRECT'],
  ['-i', '*'],
  ['-x', ''],
  ['-b', '*'],
  ['-d', '15090,15021,15020'],
];
// In the order of the template they come behind all others.
const OPTIONAL = ['-q', '-o'];

/** The arguments of `istio-init`; those of Istio 1.15 and later name the log level. */
function argumentsOf({ changed }: Asked, release: string): readonly string[] {
  const flags = [
    ...ORDINARY.map(([flag, value]) => [flag, changed[flag] ?? value]),
    ...OPTIONAL.flatMap((flag) => (changed[flag] === undefined ? [] : [[flag, changed[flag]]])),
  ].flat();
  return ['istio-iptables', ...flags, ...(Number(release.split('.')[1]) < 15 ? [] : ['--log_output_level=default:info'])];
}

const [NAMESPACE, APP, HASH, ADDRESS] = [mark('NAMESPACE'), mark('APP'), mark('HASH'), mark('ADDRESS')];
const POD = `${APP}-${HASH}-${mark('SUFFIX')}`;
const TOKEN = { name: 'kube-api-access-x7k2p', mountPath: '/var/run/secrets/kubernetes.io/serviceaccount', readOnly: true };

const fromField = (name: string, fieldPath: string): object => ({ name, valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath } } });

function proxy(image: string): object {
  return {
    args: [
      'proxy',
      'sidecar',
      '--domain',
      '$(POD_NAMESPACE).svc.cluster.local',
      '--proxyLogLevel=warning',
      '--log_output_level=default:info',
    ],
    env: [
      { name: 'PILOT_CERT_PROVIDER', value: 'istiod' },
      { name: 'CA_ADDR', value: 'istiod.istio-system.svc:15012' },
      fromField('POD_NAME', 'metadata.name'),
      fromField('POD_NAMESPACE', 'metadata.namespace'),
      fromField('INSTANCE_IP', 'status.podIP'),
      { name: 'PROXY_CONFIG', value: '{}\n' },
      { name: 'ISTIO_META_POD_PORTS', value: '[\n    {"containerPort":8080,"protocol":"TCP"}\n]' },
      { name: 'ISTIO_META_CLUSTER_ID', value: 'Kubernetes' },
      { name: 'ISTIO_META_WORKLOAD_NAME', value: APP },
      { name: 'TRUST_DOMAIN', value: 'cluster.local' },
    ],
    image,
    imagePullPolicy: 'IfNotPresent',
    name: 'istio-proxy',
    ports: [{ containerPort: 15090, name: 'http-envoy-prom', protocol: 'TCP' }],
    readinessProbe: { failureThreshold: 4, httpGet: { path: '/healthz/ready', port: 15021, scheme: 'HTTP' }, periodSeconds: 15 },
    resources: { limits: { cpu: '2', memory: '1Gi' }, requests: { cpu: '10m', memory: '40Mi' } },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      runAsGroup: 1337,
      runAsNonRoot: true,
      runAsUser: 1337,
    },
    volumeMounts: [
      { mountPath: '/var/run/secrets/istio', name: 'istiod-ca-cert' },
      { mountPath: '/var/lib/istio/data', name: 'istio-data' },
      { mountPath: '/etc/istio/proxy', name: 'istio-envoy' },
      TOKEN,
    ],
  };
}

function initContainer(image: string, args: readonly string[]): object {
  return {
    args,
    image,
    imagePullPolicy: 'IfNotPresent',
    name: 'istio-init',
    resources: { limits: { cpu: '2', memory: '1Gi' }, requests: { cpu: '10m', memory: '40Mi' } },
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { add: ['NET_ADMIN', 'NET_RAW'], drop: ['ALL'] },
      privileged: false,
      runAsGroup: 0,
      runAsNonRoot: false,
      runAsUser: 0,
    },
    volumeMounts: [TOKEN],
  };
}

const APPLICATION = {
  env: [
    { name: 'LISTEN', value: ':8080' },
    { name: 'DATABASE_URL', valueFrom: { secretKeyRef: { key: 'url', name: APP } } },
    { name: 'LOG_LEVEL', value: 'info' },
  ],
  image: `registry.example.com/${NAMESPACE}/${APP}:v1.4.2`,
  imagePullPolicy: 'IfNotPresent',
  livenessProbe: { failureThreshold: 3, httpGet: { path: `/app-health/${APP}/livez`, port: 15020, scheme: 'HTTP' }, periodSeconds: 10 },
  name: 'app',
  ports: [{ containerPort: 8080, name: 'http', protocol: 'TCP' }],
  resources: { limits: { memory: '256Mi' }, requests: { cpu: '100m', memory: '128Mi' } },
  volumeMounts: [TOKEN],
};

function statusOf(image: string): object {
  const condition = (type: string): object => ({ lastTransitionTime: '2026-01-12T08:14:03Z', status: 'True', type });
  const container = (name: string, of: string): object => ({
    containerID: `containerd://${mark('UID')}`,
    image: of,
    name,
    ready: true,
    restartCount: 0,
    started: true,
    state: { running: { startedAt: '2026-01-12T08:14:01Z' } },
  });
  return {
    conditions: ['Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map(condition),
    containerStatuses: [container('app', APPLICATION.image), container('istio-proxy', image)],
    hostIP: '172.18.0.2',
    phase: 'Running',
    podIP: ADDRESS,
    podIPs: [{ ip: ADDRESS }],
    qosClass: 'Burstable',
    startTime: '2026-01-12T08:13:57Z',
  };
}

/** A pod as data, with marks in it; a slim one has no status, and only what rules depend on in its containers. */
export function podOf(asked: Asked, release: string, slim: boolean): object {
  const image = `docker.io/istio/proxyv2:${release}`;
  const init = initContainer(image, argumentsOf(asked, release));
  const containers = slim ? [{ image, name: 'istio-proxy' }] : [APPLICATION, proxy(image)];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      annotations: {
        'kubectl.kubernetes.io/default-container': 'app',
        'prometheus.io/path': '/stats/prometheus',
        'prometheus.io/port': '15020',
        'prometheus.io/scrape': 'true',
        'sidecar.istio.io/status':
          '{"initContainers":["istio-init"],"containers":["istio-proxy"],"volumes":["istio-envoy","istio-data","istiod-ca-cert"],"imagePullSecrets":null,"revision":"default"}',
        ...asked.annotations,
      },
      creationTimestamp: '2026-01-12T08:13:57Z',
      generateName: `${APP}-${HASH}-`,
      labels: { app: APP, 'pod-template-hash': HASH, 'security.istio.io/tlsMode': 'istio', 'service.istio.io/canonical-name': APP },
      name: POD,
      namespace: NAMESPACE,
      ownerReferences: [
        { apiVersion: 'apps/v1', blockOwnerDeletion: true, controller: true, kind: 'ReplicaSet', name: `${APP}-${HASH}`, uid: mark('UID') },
      ],
      resourceVersion: '84213077',
      uid: mark('UID'),
    },
    spec: {
      containers,
      dnsPolicy: 'ClusterFirst',
      initContainers: [init],
      nodeName: mark('NODE'),
      restartPolicy: 'Always',
      securityContext: {},
      serviceAccountName: APP,
      tolerations: [{ effect: 'NoExecute', key: 'node.kubernetes.io/not-ready', operator: 'Exists', tolerationSeconds: 300 }],
      volumes: [
        { emptyDir: { medium: 'Memory' }, name: 'istio-envoy' },
        { emptyDir: {}, name: 'istio-data' },
        { configMap: { defaultMode: 420, name: 'istio-ca-root-cert' }, name: 'istiod-ca-cert' },
        {
          name: 'kube-api-access-x7k2p',
          projected: { defaultMode: 420, sources: [{ serviceAccountToken: { expirationSeconds: 3607, path: 'token' } }] },
        },
      ],
    },
    ...(slim ? {} : { status: statusOf(image) }),
  };
}
