/** What a pod says that counts, made of the values that the runtime parsed: the text that `fingerprintOf` makes of one that was read. */

import type { Origin } from '../origin.ts';
import type { Values } from '../value-nodes.ts';
import { treeOfValue } from '../value-nodes.ts';
import type { YamlNode } from '../yaml.ts';
import { destinationsOf, destinationText } from './destinations.ts';
import * as text from './fingerprint-text.ts';
import { namesProgram } from './injection/observed-arguments.ts';
import { endedContainers } from './manifest/ended.ts';
import type { Reading } from './manifest/reading.ts';

const NOWHERE: Origin = { kind: 'rules' };

/** Undefined where something has another form than the API server gives: then only reading tells what is meant, and what is wrong. */
export function plainText(pod: Values, secured: boolean): string | undefined {
  const plain = new PlainText();
  const made = plain.ofPod(pod, secured);
  return plain.isPlain ? made : undefined;
}

/** What {@link plainText} adds of a plain pod where containers' rights count. */
export function securedText({ spec }: Values): string {
  let made = '';
  const { containers = [] } = (spec ?? {}) as { readonly containers?: readonly Values[] };
  for (const container of containers) made += `${text.textOfValue(container['securityContext'])}\0`;
  return made;
}

/** Each value is looked at once; whatever is of another type than it must be makes all of it none. */
class PlainText {
  isPlain = true;

  ofPod(pod: Values, secured: boolean): string {
    const [metadata, spec, status] = [this.#mapping(pod['metadata']), this.#mapping(pod['spec']), this.#mapping(pod['status'])];
    const annotations = this.#mapping(metadata['annotations']);
    const labels = this.#mapping(metadata['labels']);
    for (const name in labels) this.#required(labels[name]);
    let probed = false;
    let ofIstio = '';
    for (const name in annotations) {
      const value = this.#required(annotations[name]);
      if (name === text.REWRITE) probed = true;
      if (text.isOfIstio(name)) ofIstio += text.istioPart(name, value);
    }
    return `${ofIstio}\n\0${this.#network(spec, status)}${this.#containers(spec, probed, secured)}`;
  }

  #network(spec: Values, status: Values): string {
    const { hostNetwork = false } = spec;
    if (typeof hostNetwork !== 'boolean') this.isPlain = false;
    const context = this.#mapping(spec['securityContext']);
    return text.networkText({
      hostNetwork: hostNetwork === true,
      addresses: this.#addresses(status),
      nameservers: this.#nameservers(spec),
      lives: this.#optional(status['phase']) !== undefined && status['phase'] !== '',
      seccomp: this.#optional(this.#mapping(context['seccompProfile'])['type']),
      ended: this.#ended(status),
      ids: this.#ids(context),
    });
  }

  #addresses(status: Values): readonly string[] {
    const listed = this.#list(status['podIPs']).flatMap((item) => this.#optional(this.#mapping(item)['ip']) ?? []);
    const only = this.#optional(status['podIP']);
    return listed.length > 0 ? listed : only === undefined ? [] : [only];
  }

  #nameservers(spec: Values): readonly string[] | undefined {
    if (this.#optional(spec['dnsPolicy']) !== 'None') return undefined;
    return this.#texts(this.#mapping(spec['dnsConfig'])['nameservers']);
  }

  #ended({ initContainerStatuses }: Values): ReturnType<typeof endedContainers> {
    if (initContainerStatuses === undefined) return [];
    const reading: Reading = { file: '', problems: [] };
    // Nobody asks where they stand.
    const ended = endedContainers(treeOfValue({ initContainerStatuses }, NO_TREE), reading);
    if (reading.problems.length > 0) this.isPlain = false;
    return ended;
  }

  #containers(spec: Values, probed: boolean, secured: boolean): string {
    let made = '';
    for (const item of this.#list(spec['containers'])) {
      const container = this.#mapping(item);
      made += this.#container(container, false);
      if (probed) for (const probe of text.PROBED) made += `${text.textOfValue(at(container, probe))}\0`;
      if (secured) made += `${text.textOfValue(container['securityContext'])}\0`;
    }
    made += '\n\0';
    for (const item of this.#list(spec['initContainers'])) made += this.#container(this.#mapping(item), true);
    return made;
  }

  #container(container: Values, isInit: boolean): string {
    const name = this.#required(container['name']);
    const image = this.#optional(container['image']);
    const [command, args] = [this.#texts(container['command']), this.#texts(container['args'])];
    const { env, envFrom } = this.#variables(container);
    const ids = this.#ids(this.#mapping(container['securityContext']));
    let made = `${name}\0${this.#optional(container['restartPolicy']) ?? ''}\0${text.idsText(ids)}`;
    for (const item of this.#list(container['ports'])) made += this.#port(this.#mapping(item));
    made += '\n\0';
    const ofIstio = name.startsWith('istio-');
    if (ofIstio || namesProgram(command[0] ?? args[0], [...command, ...args][1]))
      made += text.istioContainerText({ name, image, command, args, env, envFrom }, (field) => text.textOfValue(container[field]));
    if (!isInit || ofIstio) return made;
    for (const one of destinationsOf({ env: sourced(env), command: command.map(found), args: args.map(found) }))
      made += `${destinationText(one)}\0`;
    return made;
  }

  #variables(container: Values): { readonly env: ReadonlyMap<string, string>; readonly envFrom: readonly string[] } {
    const env = new Map<string, string>();
    const envFrom: string[] = [];
    for (const item of this.#list(container['env'])) {
      const variable = this.#mapping(item);
      const name = this.#required(variable['name']);
      if (variable['valueFrom'] === undefined) env.set(name, this.#optional(variable['value']) ?? '');
      else envFrom.push(name);
    }
    for (const item of this.#list(container['envFrom'])) envFrom.push(`${this.#optional(this.#mapping(item)['prefix']) ?? ''}*`);
    return { env, envFrom };
  }

  #port({ containerPort, protocol }: Values): string {
    const known = this.#optional(protocol) ?? 'TCP';
    const port = this.#number(containerPort);
    return port === undefined ? '' : `${port}\0${known}\0`;
  }

  #ids(context: Values): text.IdTexts {
    const groups = this.#list(context['supplementalGroups']).flatMap((group) => this.#number(group) ?? []);
    const { runAsUser, runAsGroup, fsGroup } = context;
    return {
      runAsUser: this.#number(runAsUser),
      runAsGroup: this.#number(runAsGroup),
      fsGroup: this.#number(fsGroup),
      supplementalGroups: groups,
    };
  }

  #mapping(value: unknown): Values {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Values;
    if (value !== undefined) this.isPlain = false;
    return NO_VALUES;
  }

  #list(value: unknown): readonly unknown[] {
    if (Array.isArray(value)) return value;
    if (value !== undefined) this.isPlain = false;
    return NO_ITEMS;
  }

  #texts(value: unknown): readonly string[] {
    const list = this.#list(value);
    for (const item of list) this.#required(item);
    return this.isPlain ? (list as readonly string[]) : [];
  }

  #required(value: unknown): string {
    if (typeof value === 'string') return value;
    this.isPlain = false;
    return '';
  }

  #optional(value: unknown): string | undefined {
    return value === undefined ? undefined : this.#required(value);
  }

  #number(value: unknown): string | undefined {
    if (typeof value === 'number') return String(value);
    if (value !== undefined) this.isPlain = false;
    return undefined;
  }
}

const NO_VALUES: Values = Object.freeze({});
const NO_ITEMS: readonly unknown[] = Object.freeze([]);
const NO_TREE = (): YamlNode => ({ kind: 'mapping', entries: [], line: 0, column: 0 });

function at(value: unknown, path: readonly string[]): unknown {
  let found = value;
  for (const name of path) {
    if (typeof found !== 'object' || found === null || Array.isArray(found)) return undefined;
    found = Object.hasOwn(found, name) ? (found as Values)[name] : undefined;
  }
  return found;
}

function found(value: string): { readonly value: string; readonly source: Origin } {
  return { value, source: NOWHERE };
}

function sourced(env: ReadonlyMap<string, string>): ReadonlyMap<string, ReturnType<typeof found>> {
  return new Map([...env].map(([name, value]) => [name, found(value)]));
}
