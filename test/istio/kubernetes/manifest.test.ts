import { describe, expect, it } from 'vitest';
import { POD_KINDS } from '../../../src/istio/kubernetes/manifest/kinds.ts';
import type { Container } from '../../../src/istio/kubernetes/manifest/workload.ts';
import { writeYaml } from '../../../src/istio/yaml.ts';
import { itemsOf, placed, placedTexts, said, workloadOf } from './manifest/reading.ts';

const POD = `apiVersion: v1
kind: Pod
metadata:
  name: reviews-v1-5d8f7-x2k9p
  generateName: reviews-v1-5d8f7-
  namespace: bookinfo
  annotations:
    sidecar.istio.io/inject: "true"
    traffic.sidecar.istio.io/excludeOutboundPorts: '3306,6379'
    proxy.istio.io/config: |
      proxyMetadata:
        ISTIO_META_DNS_CAPTURE: "true"
  labels: {app: reviews, version: v1}
  ownerReferences:
    - {apiVersion: example.org/v1, kind: Fleet, name: all, uid: a}
    - {apiVersion: apps/v1, kind: ReplicaSet, name: reviews-v1-5d8f7, uid: b, controller: true}
spec:
  dnsPolicy: None
  dnsConfig: {nameservers: [10.96.0.10, "fd00::a"]}
  securityContext:
    runAsUser: 1000
    runAsGroup: 3000
    fsGroup: 2000
    supplementalGroups: [5000, 6000]
  initContainers:
    - name: istio-init
      image: docker.io/istio/proxyv2:1.23.2
      args: [istio-iptables, -p, "15001", -x, ""]
      securityContext: {runAsUser: 0, runAsGroup: 0}
    - name: log-shipper
      image: example.org/shipper
      restartPolicy: Always
  containers:
    - name: reviews
      image: docker.io/istio/examples-bookinfo-reviews-v1:1.18.0
      command: [/bin/sh, -c]
      env:
        - name: LOG_DIR
          value: /tmp/logs
        - name: EMPTY
        - name: POD_IP
          valueFrom: {fieldRef: {fieldPath: status.podIP}}
        - {name: LOG_DIR, value: /var/log}
      envFrom:
        - configMapRef: {name: settings}
        - prefix: DB_
          secretRef: {name: db}
      ports:
        - containerPort: 9080
        - {containerPort: 5353, protocol: UDP}
  ephemeralContainers:
    - name: debugger
      ports: [{containerPort: 1}]
status:
  hostIP: 192.168.1.4
  podIP: 10.244.1.7
  podIPs: [{ip: 10.244.1.7}, {ip: "fd00:10:244::7"}]
`;

describe('a Pod', () => {
  const workload = workloadOf(POD);
  const { pod } = workload;

  it('is itself the pod: it has no annotations around it', () => {
    expect([workload.kind, workload.namespace, workload.name, workload.owner]).toEqual([
      'Pod',
      'bookinfo',
      'reviews-v1-5d8f7-x2k9p',
      'ReplicaSet/reviews-v1-5d8f7',
    ]);
    expect(workload.annotations.size).toBe(0);
    expect(workload.source).toEqual({ kind: 'file', file: 'm.yaml', line: 1, column: 1 });
  });

  it('has annotations and labels that know their places and their names', () => {
    expect(placedTexts(pod.annotations)).toEqual({
      'sidecar.istio.io/inject': 'true m.yaml:8:30',
      'traffic.sidecar.istio.io/excludeOutboundPorts': '3306,6379 m.yaml:9:52',
      'proxy.istio.io/config': 'proxyMetadata:\n  ISTIO_META_DNS_CAPTURE: "true"\n m.yaml:11:1',
    });
    expect(pod.annotations.get('sidecar.istio.io/inject')?.source).toMatchObject({ key: 'sidecar.istio.io/inject' });
    expect(placedTexts(pod.labels)).toEqual({ app: 'reviews m.yaml:13:17', version: 'v1 m.yaml:13:35' });
  });

  it('has addresses, nameservers and numbers', () => {
    expect(pod.addresses).toEqual(['10.244.1.7', 'fd00:10:244::7']);
    expect(pod.nameservers).toEqual(['10.96.0.10', 'fd00::a']);
    expect(pod.hostNetwork).toBe(false);
    const { runAsUser, runAsGroup, fsGroup, supplementalGroups } = pod.ids;
    expect([runAsUser, runAsGroup, fsGroup, ...supplementalGroups].map((id) => id && placed(id))).toEqual([
      '1000 m.yaml:21:16',
      '3000 m.yaml:22:17',
      '2000 m.yaml:23:14',
      '5000 m.yaml:24:26',
      '6000 m.yaml:24:32',
    ]);
  });

  it('has containers, but not those of kubectl debug', () => {
    const [init, shipper] = pod.initContainers as [Container, Container];
    expect([init.name.value, init.image?.value, init.args.map(({ value }) => value), init.ids.runAsUser?.value]).toEqual([
      'istio-init',
      'docker.io/istio/proxyv2:1.23.2',
      ['istio-iptables', '-p', '15001', '-x', ''],
      '0',
    ]);
    expect([shipper.restartPolicy, init.restartPolicy]).toEqual(['Always', undefined]);
    expect(pod.containers).toHaveLength(1);
    const [app] = pod.containers as [Container];
    expect(app.command.map(placed)).toEqual(['/bin/sh m.yaml:36:17', '-c m.yaml:36:26']);
    expect(placedTexts(app.env)).toEqual({ LOG_DIR: '/var/log m.yaml:43:34', EMPTY: ' m.yaml:40:11' });
    expect(app.envFrom.map(placed)).toEqual(['POD_IP m.yaml:41:11', '* m.yaml:45:11', 'DB_* m.yaml:46:11']);
    expect(app.ports.map(({ port, protocol }) => `${placed(port)} ${protocol}`)).toEqual([
      '9080 m.yaml:49:26 TCP',
      '5353 m.yaml:50:27 UDP',
    ]);
  });

  it('has the nameservers of dnsConfig only where they are all there are', () => {
    const text = 'apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {dnsConfig: {nameservers: [192.0.2.1]}}';
    expect(workloadOf(text).pod.nameservers).toBeUndefined();
  });

  it('that lives on an older cluster has one address', () => {
    expect(workloadOf('apiVersion: v1\nkind: Pod\nstatus: {podIP: 10.0.0.1}').pod.addresses).toEqual(['10.0.0.1']);
    expect(workloadOf('apiVersion: v1\nkind: Pod\nstatus: {podIP: 10.0.0.1, podIPs: [{ip: 10.0.0.2}]}').pod.addresses).toEqual([
      '10.0.0.2',
    ]);
    expect(workloadOf('apiVersion: v1\nkind: Pod\nstatus: {}').pod.addresses).toEqual([]);
  });

  it('is named by generateName where it has no name yet, and is in the namespace default', () => {
    const { namespace, name } = workloadOf('apiVersion: v1\nkind: Pod\nmetadata: {generateName: web-}');
    expect([namespace, name]).toEqual(['default', 'web-*']);
  });

  it('belongs to its first owner where none is its controller', () => {
    const owners = '[{kind: Job, name: a}, {kind: Job, name: b, controller: false}]';
    expect(workloadOf(`kind: Pod\nmetadata: {name: x, ownerReferences: ${owners}}`).owner).toBe('Job/a');
  });
});

describe('a kind with a pod template', () => {
  const groups = { apps: 'apps/v1', batch: 'batch/v1', '': 'v1' };
  const kinds = Object.entries(POD_KINDS).filter(([, { template }]) => template.length > 0);

  it.each(kinds)('%s has its own annotations, and those of its pods', (kind, { groups: [group], template }) => {
    const inner = { metadata: { annotations: { a: 'of the pods' }, labels: { app: 'x' } }, spec: { containers: [{ name: 'app' }] } };
    const around = [...template].reverse().reduce<object>((value, name) => ({ [name]: value }), inner);
    const head = { apiVersion: groups[group as keyof typeof groups], kind, metadata: { name: 'n', annotations: { a: 'its own' } } };
    const workload = workloadOf(writeYaml({ ...head, ...around }));
    expect([workload.kind, workload.annotations.get('a')?.value, workload.pod.annotations.get('a')?.value]).toEqual([
      kind,
      'its own',
      'of the pods',
    ]);
    expect(workload.pod.labels.get('app')?.value).toBe('x');
    expect(workload.pod.containers.map(({ name }) => name.value)).toEqual(['app']);
    expect(workload.owner).toBeUndefined();
  });

  it('all kinds that issue 5 names are in the table', () => {
    expect(kinds.map(([kind]) => kind)).toEqual([
      'Deployment',
      'StatefulSet',
      'DaemonSet',
      'ReplicaSet',
      'ReplicationController',
      'Job',
      'CronJob',
      'DeploymentConfig',
      'PodTemplate',
    ]);
  });

  it('tells where its template begins', () => {
    const text = 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec:\n  template:\n    metadata: {}\n    spec: {}\n';
    expect(workloadOf(text).pod.source).toMatchObject({ line: 6, column: 5 });
  });

  it('may be of another group where it has the same template, as the workloads of OpenKruise', () => {
    const text = 'kind: StatefulSet\napiVersion: apps.kruise.io/v1beta1\nmetadata: {name: a}\nspec: {template: {spec: {hostNetwork: yes}}}';
    expect(workloadOf(text).pod.hostNetwork).toBe(true);
  });

  it('of another group without such a template is another kind', () => {
    expect(said(itemsOf('apiVersion: batch.volcano.sh/v1alpha1\nkind: Job\nspec: {tasks: []}'))).toEqual(['skipped Job']);
  });
});

describe('a WorkloadGroup', () => {
  it('has the annotations and labels of its machines, and no containers', () => {
    const workload = workloadOf(`apiVersion: networking.istio.io/v1
kind: WorkloadGroup
metadata: {name: vms, namespace: legacy, annotations: {a: of the group}}
spec:
  metadata:
    annotations: {proxy.istio.io/config: "{}"}
    labels: {app: db}
  template:
    labels: {class: vm, app: other}
    serviceAccount: db
`);
    expect([workload.kind, workload.namespace, workload.name, workload.annotations.get('a')?.value]).toEqual([
      'WorkloadGroup',
      'legacy',
      'vms',
      'of the group',
    ]);
    const { pod } = workload;
    expect(placedTexts(pod.annotations)).toEqual({ 'proxy.istio.io/config': '{} m.yaml:6:42' });
    expect([...pod.labels].map(([name, { value }]) => `${name}=${value}`)).toEqual(['class=vm', 'app=db']);
    expect([pod.containers, pod.addresses, pod.source]).toEqual([[], [], expect.objectContaining({ line: 9 })]);
  });

  it('of another API is no machine of Istio', () => {
    expect(said(itemsOf('apiVersion: example.org/v1\nkind: WorkloadGroup\n'))).toEqual(['skipped WorkloadGroup']);
  });
});

describe('a list', () => {
  it('has items of any kind, lists as well', () => {
    const text = `apiVersion: v1
kind: List
items:
  - {apiVersion: v1, kind: Pod, metadata: {name: a}}
  - {apiVersion: v1, kind: Service, metadata: {name: b}}
  - apiVersion: apps/v1
    kind: DeploymentList
    items:
      - metadata: {name: c}
        spec: {template: {}}
  - null
`;
    expect(said(itemsOf(text))).toEqual(['Pod default/a', 'skipped Service', 'Deployment */c']);
  });

  it('tells no namespace of a patch, which has no containers and names none', () => {
    const patch = (namespace: string, containers: string): string =>
      `apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: ring${namespace}}\nspec: {template: {spec: {${containers}}}}\n`;
    expect(said(itemsOf(patch('', '')))).toEqual(['StatefulSet */ring']);
    expect(said(itemsOf(patch(', namespace: shop', '')))).toEqual(['StatefulSet shop/ring']);
    expect(said(itemsOf(patch('', 'containers: [{name: a}]')))).toEqual(['StatefulSet default/ring']);
  });

  it('gives its items their kind, as the API server leaves it out', () => {
    const text = 'items: [{metadata: {name: a}}, {kind: Namespace, metadata: {name: b}}]\nkind: PodList\napiVersion: v1';
    expect(said(itemsOf(text))).toEqual(['Pod default/a', 'Namespace b']);
  });

  it('may be empty', () => {
    expect(itemsOf('kind: PodList\nitems: []')).toEqual([]);
    expect(itemsOf('kind: List\nitems:')).toEqual([]);
  });

  it('of a kind that only ends so is skipped', () => {
    expect(said(itemsOf('kind: AllowList\nspec: {hosts: []}'))).toEqual(['skipped AllowList']);
  });

  it('of objects without any kind around it is read too', () => {
    expect(said(itemsOf('[{kind: Pod, metadata: {name: a}}, {kind: Pod, metadata: {name: b}}]'))).toEqual([
      'Pod default/a',
      'Pod default/b',
    ]);
  });
});

describe('what stands beside the workloads', () => {
  it('a ProxyConfig has variables and selects pods', () => {
    const text = `apiVersion: networking.istio.io/v1beta1
kind: ProxyConfig
metadata: {name: dns, namespace: bookinfo, creationTimestamp: "2026-01-02T03:04:05Z"}
spec:
  selector: {matchLabels: {app: reviews}}
  environmentVariables:
    ISTIO_META_DNS_CAPTURE: "true"
  image: {imageType: distroless}
`;
    const [item] = itemsOf(text);
    if (item?.kind !== 'proxy config') throw new Error('no ProxyConfig');
    const { namespace, name, selector, created, layer } = item.resource;
    expect([namespace, name, Object.fromEntries(selector), created]).toEqual([
      'bookinfo',
      'dns',
      { app: 'reviews' },
      '2026-01-02T03:04:05Z',
    ]);
    expect(placedTexts(layer.metadata)).toEqual({ ISTIO_META_DNS_CAPTURE: 'true m.yaml:7:29' });
    expect(layer.source).toMatchObject({ line: 1 });
  });

  it('a Namespace has labels and annotations', () => {
    const [item] = itemsOf('apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n  labels: {istio-injection: enabled}\n');
    if (item?.kind !== 'namespace') throw new Error('no Namespace');
    expect([item.name, placedTexts(item.resource.labels)]).toEqual(['shop', { 'istio-injection': 'enabled m.yaml:5:29' }]);
  });

  it('our own kind is read by its own reader, with its own problems', () => {
    const [item] = itemsOf('apiVersion: istio-init/v1\nkind: SidecarCapture\nmode: TPROXY\nmode: NONE\n');
    if (item?.kind !== 'sidecar') throw new Error('no sidecar');
    expect([item.sidecar.overrides.mode?.value, item.sidecar.problems.map(({ code }) => code)]).toEqual(['TPROXY', ['duplicate-key']]);
  });

  it('other kinds are skipped by their names', () => {
    expect(said(itemsOf('kind: Service\n---\nkind: VirtualService\nmetadata: []\n---\n'))).toEqual([
      'skipped Service',
      'skipped VirtualService',
    ]);
  });

  it('a document with nothing in it holds nothing', () => {
    expect(itemsOf('---\n# nothing\n---\nnull\n')).toEqual([]);
  });
});
