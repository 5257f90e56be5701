/**
 * An API server's stand-in: recorded objects with discovery, paging, watching, and the failures that a real one has. It knows
 * nothing of this program; the real kubectl asks it.
 */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Executed } from './exec.ts';
import { answerExec } from './exec.ts';

export interface Recorded {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    name: string;
    namespace?: string;
    uid?: string;
    resourceVersion?: string;
    labels?: Record<string, string>;
    [other: string]: unknown;
  };
  [other: string]: unknown;
}

interface Resource {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
  readonly short?: readonly string[];
  readonly subresources?: readonly string[];
}

const RESOURCES: readonly Resource[] = [
  {
    group: '',
    version: 'v1',
    kind: 'Pod',
    plural: 'pods',
    namespaced: true,
    short: ['po'],
    subresources: ['log', 'exec', 'ephemeralcontainers'],
  },
  { group: '', version: 'v1', kind: 'Namespace', plural: 'namespaces', namespaced: false, short: ['ns'] },
  { group: '', version: 'v1', kind: 'Node', plural: 'nodes', namespaced: false, short: ['no'] },
  { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true, short: ['cm'] },
  { group: '', version: 'v1', kind: 'ReplicationController', plural: 'replicationcontrollers', namespaced: true, short: ['rc'] },
  { group: 'apps', version: 'v1', kind: 'Deployment', plural: 'deployments', namespaced: true, short: ['deploy'] },
  { group: 'apps', version: 'v1', kind: 'ReplicaSet', plural: 'replicasets', namespaced: true, short: ['rs'] },
  { group: 'apps', version: 'v1', kind: 'StatefulSet', plural: 'statefulsets', namespaced: true, short: ['sts'] },
  { group: 'apps', version: 'v1', kind: 'DaemonSet', plural: 'daemonsets', namespaced: true, short: ['ds'] },
  { group: 'batch', version: 'v1', kind: 'Job', plural: 'jobs', namespaced: true },
  { group: 'batch', version: 'v1beta1', kind: 'CronJob', plural: 'cronjobs', namespaced: true, short: ['cj'] },
  { group: 'argoproj.io', version: 'v1alpha1', kind: 'Rollout', plural: 'rollouts', namespaced: true, short: ['ro'] },
  { group: 'networking.istio.io', version: 'v1beta1', kind: 'ProxyConfig', plural: 'proxyconfigs', namespaced: true },
  {
    group: 'admissionregistration.k8s.io',
    version: 'v1',
    kind: 'MutatingWebhookConfiguration',
    plural: 'mutatingwebhookconfigurations',
    namespaced: false,
  },
];

/** What goes wrong with requests whose line (`GET /api/v1/pods?limit=500`) fits: so many times, then no more. */
export interface Fault {
  readonly on: RegExp;
  /** How often; for ever without it. */
  times?: number;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly reason?: string;
  readonly message?: string;
  /** What is answered in place of what was asked for, as by a proxy between. */
  readonly body?: string;
  /** Ends the connection behind so many bytes of the answer. */
  readonly cutAfter?: number;
  /** Milliseconds before the answer; for ever with Infinity. */
  readonly wait?: number;
}

export interface ApiServer {
  readonly url: string;
  /** A kubeconfig that leads here, with the context `trial` in the namespace `shop`. */
  readonly kubeconfig: string;
  /** The requests that came: `GET /api/v1/pods?limit=500`. */
  readonly requests: string[];
  readonly objects: Recorded[];
  readonly faults: Fault[];
  /** Of Kubernetes: some kubectls take the client of that release. */
  version: string;
  /** Objects on a page, however many are asked for. */
  pageSize: number;
  /** What SelfSubjectAccessReviews are answered: `create pods/ephemeralcontainers`. */
  may: (what: string, namespace: string) => boolean;
  /** Logs of containers: `shop/web istio-init`. */
  readonly logs: Map<string, string>;
  /** What a process started by exec in a container leaves: `shop/web app`, its words, and its standard input. */
  exec: (container: string, words: readonly string[], input: string) => Promise<Executed>;
  /** What happens when something is made, as a kubelet would do it. */
  onChange: (what: 'create' | 'update' | 'delete', object: Recorded) => void;
  /** Adds, changes or removes an object, and tells those who watch. */
  readonly change: (type: 'ADDED' | 'MODIFIED' | 'DELETED', object: Recorded) => void;
  /** Says a bookmark, an error or anything else to all who watch. */
  readonly say: (event: object) => void;
  /** Ends all watches, as a server does now and then. */
  readonly endWatches: () => void;
  readonly watching: () => number;
  readonly close: () => Promise<void>;
}

export async function apiServer(objects: readonly Recorded[]): Promise<ApiServer> {
  let version = 1000;
  const store: Recorded[] = [];
  const watchers = new Map<ServerResponse, { readonly resource: Resource; readonly fits: (object: Recorded) => boolean }>();
  const add = (object: Recorded): Recorded => {
    version += 1;
    const known: Recorded = {
      ...object,
      // Filled in by every server, and read by kubectl 1.33 where it adds a container.
      ...(object.kind === 'Pod' && { spec: { securityContext: {}, ...(object['spec'] as object | undefined) } }),
      metadata: { uid: `uid-${store.length + 1}`, ...object.metadata, resourceVersion: String(version) },
    };
    store.push(known);
    return known;
  };
  for (const object of objects) add(object);

  const same = (a: Recorded, b: Recorded): boolean =>
    a.kind === b.kind && a.metadata.name === b.metadata.name && a.metadata.namespace === b.metadata.namespace;
  const remove = (object: Recorded): void => {
    const at = store.findIndex((one) => same(one, object));
    if (at >= 0) store.splice(at, 1);
  };
  const events: { readonly at: number; readonly type: string; readonly object: Recorded }[] = [];
  const tell = (type: string, object: Recorded): void => {
    if (type === 'DELETED') version += 1;
    events.push({ at: version, type, object });
    for (const [response, { resource, fits }] of watchers)
      if (resource.kind === object.kind && fits(object)) response.write(`${JSON.stringify({ type, object })}\n`);
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<unknown> => {
    const line = `${request.method} ${request.url}`;
    server.requests.push(line);
    const fault = server.faults.find(({ on, times = 1 }) => times > 0 && on.test(line));
    if (fault?.times !== undefined) fault.times -= 1;
    if (fault?.wait !== undefined) await new Promise((resolve) => (fault.wait === Infinity ? undefined : setTimeout(resolve, fault.wait)));
    if (fault?.status !== undefined)
      return fail(response, fault.status, fault.reason ?? '', fault.message ?? fault.reason ?? '', fault.headers);
    if (fault?.body !== undefined) {
      response.writeHead(200, { 'content-type': 'text/plain' });
      response.end(fault.body);
      return undefined;
    }
    const body = await bodyOf(request);
    if (fault?.cutAfter === undefined) return route(request, response, body);
    const end = response.end.bind(response);
    response.end = ((text: string) => {
      response.write(text.slice(0, fault.cutAfter));
      setTimeout(() => response.destroy(), 20);
      return response;
    }) as typeof end;
    return route(request, response, body);
  };

  const route = (request: IncomingMessage, response: ServerResponse, body: string): unknown => {
    const url = new URL(request.url ?? '', 'http://server');
    const parts = url.pathname.split('/').filter((part) => part !== '');
    const found = discovery(parts, server.version);
    if (found !== undefined) return json(response, 200, found);
    if (parts.at(-1) === 'selfsubjectaccessreviews') {
      const review = JSON.parse(body) as {
        spec: { resourceAttributes: { verb: string; resource: string; subresource?: string; namespace?: string } };
      };
      const { verb, resource, subresource, namespace = '' } = review.spec.resourceAttributes;
      const allowed = server.may(`${verb} ${resource}${subresource ? `/${subresource}` : ''}`, namespace);
      return json(response, 201, { ...review, status: { allowed } });
    }
    const rest = parts[0] === 'api' ? ['', ...parts.slice(1)] : parts.slice(1);
    const [group = '', wanted = '', ...way] = rest;
    const namespace = way[0] === 'namespaces' && way.length > 2 ? way[1] : undefined;
    const [plural, name, subresource] = namespace === undefined ? way : way.slice(2);
    const resource = RESOURCES.find((one) => one.group === group && one.version === wanted && one.plural === plural);
    if (resource === undefined) {
      response.writeHead(404, { 'content-type': 'text/plain' });
      response.end('404 page not found\n');
      return undefined;
    }
    const method = request.method ?? '';
    if (name === undefined && method === 'POST') return made(response, resource, namespace, JSON.parse(body) as Recorded);
    if (name === undefined) return many(response, resource, namespace, url.searchParams);
    const object = store.find((one) => one.kind === resource.kind && one.metadata.name === name && one.metadata.namespace === namespace);
    if (object === undefined) {
      const what = group === '' ? resource.plural : `${resource.plural}.${group}`;
      return fail(response, 404, 'NotFound', `${what} "${name}" not found`);
    }
    if (subresource === 'log') {
      const log = server.logs.get(`${namespace}/${name} ${url.searchParams.get('container')}`);
      if (log === undefined)
        return fail(response, 400, 'BadRequest', `container ${url.searchParams.get('container')} is not valid for pod ${name}`);
      response.writeHead(200, { 'content-type': 'text/plain' });
      response.end(log);
      return undefined;
    }
    if (method === 'DELETE') {
      remove(object);
      tell('DELETED', object);
      server.onChange('delete', object);
      return json(response, 200, object);
    }
    if (method === 'PATCH' && subresource === 'ephemeralcontainers') {
      const { spec: added } = JSON.parse(body) as { spec: { ephemeralContainers: readonly object[] } };
      const spec = object['spec'] as { readonly ephemeralContainers?: readonly object[] };
      const changed = {
        ...object,
        spec: { ...spec, ephemeralContainers: [...(spec.ephemeralContainers ?? []), ...added.ephemeralContainers] },
      };
      remove(object);
      const known = add(changed);
      tell('MODIFIED', known);
      server.onChange('update', known);
      return json(response, 200, store.find((one) => same(one, known)) ?? known);
    }
    if (method === 'PUT') {
      const changed = JSON.parse(body) as Recorded;
      remove(object);
      const known = add(changed);
      tell('MODIFIED', known);
      server.onChange('update', known);
      return json(response, 200, known);
    }
    return json(response, 200, object);
  };

  const made = (response: ServerResponse, resource: Resource, namespace: string | undefined, given: Recorded): void => {
    const { generateName } = given.metadata as { generateName?: string };
    const name = given.metadata.name ?? `${generateName}x${store.length}`;
    const known = add({
      ...given,
      apiVersion: given.apiVersion,
      kind: resource.kind,
      metadata: { ...given.metadata, name, ...(namespace === undefined ? {} : { namespace }) },
    });
    tell('ADDED', known);
    server.onChange('create', known);
    json(response, 201, known);
  };

  const many = (response: ServerResponse, resource: Resource, namespace: string | undefined, query: URLSearchParams): void => {
    const labels = query.get('labelSelector') ?? '';
    const fits = (object: Recorded): boolean =>
      object.kind === resource.kind &&
      (namespace === undefined || object.metadata.namespace === namespace) &&
      labelsFit(labels, object.metadata.labels ?? {});
    if (query.get('watch') === '1' || query.get('watch') === 'true') {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.flushHeaders();
      // Nothing is lost between a list and the watch that goes on from there.
      const from = Number(query.get('resourceVersion') ?? '0');
      for (const { at, type, object } of from === 0 ? [] : events)
        if (at > from && resource.kind === object.kind && fits(object)) response.write(`${JSON.stringify({ type, object })}\n`);
      watchers.set(response, { resource, fits });
      response.on('close', () => watchers.delete(response));
      return;
    }
    const all = store.filter(fits);
    const start = Number(query.get('continue') ?? '0');
    const size = Math.min(server.pageSize, Number(query.get('limit') ?? Infinity));
    const page = all.slice(start, start + size);
    const left = all.length - start - page.length;
    json(response, 200, {
      kind: `${resource.kind}List`,
      apiVersion: resource.group === '' ? resource.version : `${resource.group}/${resource.version}`,
      metadata: {
        resourceVersion: String(version),
        ...(left > 0 ? { continue: String(start + size), remainingItemCount: left } : {}),
      },
      // As a real one has it: what the list says, its items do not.
      items: page.map(({ kind: _, apiVersion: __, ...item }) => item),
    });
  };

  const http = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  const upgraded = new Set<Duplex>();
  http.on('upgrade', (request, socket) => {
    upgraded.add(socket);
    const line = `${request.method} ${request.url}`;
    server.requests.push(line);
    const fault = server.faults.find(({ on, times = 1 }) => times > 0 && on.test(line));
    if (fault?.times !== undefined) fault.times -= 1;
    const url = new URL(request.url ?? '', 'http://server');
    const [, , , namespace, , name] = url.pathname.split('/').filter((part) => part !== '');
    const there = store.some((one) => one.kind === 'Pod' && one.metadata.name === name && one.metadata.namespace === namespace);
    const status = fault?.status ?? (there ? undefined : 404);
    if (status !== undefined) {
      const reason = fault?.reason ?? 'NotFound';
      const message = fault?.message ?? `pods "${name}" not found`;
      const answer = JSON.stringify({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code: status });
      socket.end(`HTTP/1.1 ${status} ${reason}\r\ncontent-type: application/json\r\ncontent-length: ${answer.length}\r\n\r\n${answer}`);
      return;
    }
    const container = `${namespace}/${name} ${url.searchParams.get('container')}`;
    void answerExec(request, socket, url.searchParams.get('stdin') === 'true', (input) =>
      server.exec(container, url.searchParams.getAll('command'), input),
    );
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  const server: ApiServer = {
    url,
    kubeconfig: kubeconfigOf(url),
    requests: [],
    objects: store,
    faults: [],
    version: '1.28.0',
    pageSize: 500,
    may: () => true,
    logs: new Map(),
    exec: async () => ({ stdout: '', stderr: 'nothing runs here\n', exitCode: 1 }),
    onChange: () => undefined,
    change: (type, object) => {
      const known = store.find((one) => same(one, object));
      if (known !== undefined) remove(known);
      const told = type === 'DELETED' ? (known ?? object) : add(object);
      tell(type, told);
    },
    say: (event) => {
      for (const response of watchers.keys()) response.write(`${JSON.stringify(event)}\n`);
    },
    endWatches: () => {
      for (const response of watchers.keys()) response.end();
      watchers.clear();
    },
    watching: () => watchers.size,
    close: async () => {
      http.closeAllConnections();
      for (const socket of upgraded) socket.destroy();
      await new Promise<void>((resolve) => http.close(() => resolve()));
    },
  };
  return server;
}

/** What a kubeconfig has to say to lead to a server. */
function kubeconfigOf(server: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'trial', cluster: { server } }],
    users: [{ name: 'jane', user: { username: 'jane', password: 'x' } }],
    contexts: [{ name: 'trial', context: { cluster: 'trial', user: 'jane', namespace: 'shop' } }],
    'current-context': 'trial',
  });
}

function labelsFit(selector: string, labels: Readonly<Record<string, string>>): boolean {
  // Commas within parentheses belong to a list.
  const parts = selector.split(/,(?![^(]*\))/).filter((part) => part !== '');
  return parts.every((part) => {
    const [, key = '', operator, list = ''] = /^(\S+) (in|notin) \((.*)\)$/.exec(part) ?? [];
    if (operator !== undefined) return list.split(',').includes(labels[key] ?? '') === (operator === 'in');
    if (part.startsWith('!')) return !(part.slice(1) in labels);
    const [name = '', value] = part.split(/==?/);
    return value === undefined ? name in labels : labels[name] === value;
  });
}

function discovery(parts: readonly string[], release: string): object | undefined {
  const [first, second, third, fourth] = parts;
  if (first === 'version') return { major: '1', minor: release.split('.')[1], gitVersion: `v${release}` };
  if (first === 'api' && second === undefined) return { kind: 'APIVersions', versions: ['v1'] };
  if (first === 'api' && third === undefined) return resourcesOf('', 'v1');
  if (first === 'apis' && second === undefined) {
    const groups = [...new Set(RESOURCES.map(({ group }) => group)), 'authorization.k8s.io'].filter((group) => group !== '');
    return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups.map(groupOf) };
  }
  if (first === 'apis' && third === undefined) return groupOf(second ?? '');
  return first === 'apis' && fourth === undefined ? resourcesOf(second ?? '', third ?? '') : undefined;
}

function groupOf(name: string): object {
  const versions = [...new Set(RESOURCES.filter(({ group }) => group === name).map(({ version }) => version))];
  const all = (versions.length === 0 ? ['v1'] : versions).map((version) => ({ groupVersion: `${name}/${version}`, version }));
  return { name, versions: all, preferredVersion: all[0] };
}

function resourcesOf(group: string, version: string): object | undefined {
  if (group === 'authorization.k8s.io')
    return {
      kind: 'APIResourceList',
      groupVersion: `${group}/v1`,
      resources: [
        { name: 'selfsubjectaccessreviews', singularName: '', namespaced: false, kind: 'SelfSubjectAccessReview', verbs: ['create'] },
      ],
    };
  const verbs = ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'];
  const found = RESOURCES.filter((one) => one.group === group && one.version === version);
  if (found.length === 0) return undefined;
  return {
    kind: 'APIResourceList',
    groupVersion: group === '' ? version : `${group}/${version}`,
    resources: found.flatMap(({ kind, plural, namespaced, short = [], subresources = [] }) => [
      { name: plural, singularName: kind.toLowerCase(), namespaced, kind, verbs, shortNames: short },
      ...subresources.map((one) => ({ name: `${plural}/${one}`, singularName: '', namespaced, kind, verbs: ['get', 'update'] })),
    ]),
  };
}

function json(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
}

function fail(
  response: ServerResponse,
  status: number,
  reason: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code: status }));
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
