/** Which inbound ports a template captures, and which it leaves alone. */

import type { Sourced } from '../../origin.ts';
import type { Layered } from '../mesh/effective.ts';
import { bare, strongest } from './layers.ts';
import type { TemplateData, TemplateText } from './template-data.ts';
import { injectedText, templateText } from './template-data.ts';

const INCLUDED: TemplateText = {
  annotation: 'includeInboundPorts',
  value: 'global.proxy.includeInboundPorts',
  valueNeeds: 'injectsIncludedInboundValue',
};

/** `-b`: by default all, before 1.3 those that the pod's containers declare. */
export function includedInbound(data: TemplateData): Layered {
  const fallback = data.profile.has('injectsAllInboundPorts') ? '*' : declaredPorts(data);
  return templateText(data, { ...INCLUDED, fallback }) ?? injectedText(fallback, data.profile);
}

/** The ports that the pod's containers declare, as the release writes them. */
export function declaredPorts({ containers, profile: { has } }: TemplateData): string {
  const ports = containers
    .flatMap((container) => container.ports)
    .filter(({ protocol }) => protocol === 'TCP' || !has('declaresOnlyTcp'))
    .map(({ port }) => port.value);
  // YAML drops the space at the end of `8080, 9090, `, as the first template writes it.
  return has('declaresWithSpaces') ? ports.map((port) => `${port},`).join(' ') : ports.join(',');
}

/** `-d`: the ports of the proxy itself, and those of the pod. */
export function excludedInbound(data: TemplateData): Layered {
  const { has } = data.profile;
  const proxyPorts = [...(has('injectsTelemetryPort') ? ['15090'] : []), ...(has('injectsHealthPort') ? ['15021'] : [])];
  const own = excludedWithStatusPort(data);
  const all = [...proxyPorts, ...(own.value === '' && !has('injectsOpenList') ? [] : [own.value])];
  return { ...own, value: all.join(','), over: own.over.map((lost) => (isDefault(lost) ? withDefault(data, proxyPorts) : lost)) };
}

/** The pod's excluded ports with its status port behind them. */
export function excludedWithStatusPort(data: TemplateData): Layered {
  const status = templateText(data, { annotation: 'statusPort', value: 'global.proxy.statusPort', fallback: defaultStatusPort(data) });
  const list = templateText(data, { annotation: 'excludeInboundPorts', value: 'global.proxy.excludeInboundPorts', fallback: '' });
  const port = data.profile.has('injectsByStatusPort') ? (status?.value ?? '') : '';
  // Both the list and the status port are in the value; its source is the one that somebody gave.
  const [given] = [list, status].filter((part) => part !== undefined && !isDefault(part));
  const lost = [...(list?.over ?? []), ...(status?.over ?? [])].filter((part) => !isDefault(part));
  const fallback = injectedText(defaultStatusPort(data), data.profile);
  const first = strongest(given && bare(given), ...lost, fallback) ?? fallback;
  return { ...first, value: excludePort(port, list?.value ?? '') };
}

/** The status port of the pod. */
export function excludedStatusPort(data: TemplateData): string {
  return templateText(data, { annotation: 'statusPort', value: 'global.proxy.statusPort', fallback: defaultStatusPort(data) })?.value ?? '';
}

function defaultStatusPort({ profile: { has } }: TemplateData): string {
  return has('injectsStatusPort') ? '15020' : has('injectsByStatusPort') ? '0' : '';
}

/** Go's excludeInboundPort: an item that is the very text keeps the list as it is; otherwise the list is tidied, and the port goes behind it. */
function excludePort(text: string, list: string): string {
  const port = text.trim();
  const items = list.split(',');
  if (port === '' || port === '0' || items.includes(port)) return list;
  return [...items.map((item) => item.trim()).filter((item) => item !== ''), port].join(',');
}

function withDefault(data: TemplateData, proxyPorts: readonly string[]): Sourced<string> {
  const status = excludePort(defaultStatusPort(data), '');
  return bare(injectedText([...proxyPorts, ...(status === '' ? [] : [status])].join(','), data.profile));
}

function isDefault({ source }: Sourced<string>): boolean {
  return source.kind === 'injected';
}
