/** How a release checks the values inside of proxy.istio.io/config (`ValidateProxyConfig` in pkg/config/validation). */

import type { Origin, Sourced } from '../../origin.ts';
import type { Problem } from '../../problems.ts';
import { notAValue } from '../../problems.ts';
import type { Profile } from '../../releases/profile.ts';
import type { YamlNode } from '../../yaml.ts';
import { readYaml } from '../../yaml.ts';
import { field, isNull, textOf } from '../../yaml-fields.ts';
import type { Texts } from '../manifest/workload.ts';
import { PROXY_CONFIG_ANNOTATION } from '../mesh/annotation.ts';
import { isPort } from '../mesh/forms.ts';

interface Check {
  readonly path: readonly string[];
  readonly fits: (text: string) => boolean;
  readonly allowed: string;
}

const ADDRESS = 'an address with a port, as istiod.istio-system.svc:15012';

const CHECKS: readonly Check[] = [
  ...[
    ['discoveryAddress'],
    ['statsdUdpAddress'],
    ['envoyMetricsService', 'address'],
    ['envoyAccessLogService', 'address'],
    ['tracing', 'zipkin', 'address'],
    ['tracing', 'lightstep', 'address'],
    ['zipkinAddress'],
  ].map((path) => ({ path, fits: isAddress, allowed: ADDRESS })),
  ...['drainDuration', 'parentShutdownDuration', 'terminationDrainDuration'].map((name) => ({
    path: [name],
    fits: isDuration,
    allowed: 'a duration of whole milliseconds, from 1ms on, as 45s',
  })),
  ...['proxyAdminPort', 'statusPort'].map((name) => ({ path: [name], fits: isPort, allowed: 'a port (1 to 65535)' })),
];

/** What is wrong in the annotation at a release; none where it can't be read at all, which others say. */
export function configProblems(annotations: Texts, { has }: Profile): readonly Problem[] {
  const annotation = has('injectsProxyConfigAnnotation') ? annotations.get(PROXY_CONFIG_ANNOTATION) : undefined;
  const documents = annotation === undefined ? [] : readYaml(annotation.value);
  if (annotation === undefined || 'reason' in documents) return [];
  const [config] = documents;
  const mode = textOf(field(config, 'interceptionMode'));
  return [
    ...(has('checksProxyConfig') ? CHECKS.flatMap((check) => problemsOf(check, config, annotation)) : []),
    ...(has('refusesModeNone') && (mode === 'NONE' || mode === '2')
      ? [wrong(annotation.source, 'interceptionMode', 'NONE', 'REDIRECT, TPROXY')]
      : []),
    ...(has('refusesTwiceInConfig') ? twice(config, annotation) : []),
  ];
}

function problemsOf({ path, fits, allowed }: Check, config: YamlNode | undefined, { source }: Sourced<string>): readonly Problem[] {
  const node = field(config, ...path);
  if (node?.kind !== 'scalar' || isNull(node) || node.text === '' || fits(node.text)) return [];
  return [wrong(source, path.join('.'), node.text, allowed)];
}

function twice(config: YamlNode | undefined, { source }: Sourced<string>): readonly Problem[] {
  if (config?.kind !== 'mapping') return [];
  const keys = config.entries.flatMap(({ key }) => textOf(key) ?? []);
  const duplicate = keys.find((key, index) => keys.indexOf(key) !== index);
  return duplicate === undefined ? [] : [wrong(source, duplicate, 'a second one', 'written twice')];
}

function wrong(source: Origin, name: string, value: string, allowed: string): Problem {
  return notAValue(`${PROXY_CONFIG_ANNOTATION} ${name}`, { value, source }, allowed);
}

function isAddress(text: string): boolean {
  const [, host = '', port = ''] = /^(.*):(\d{1,5})$/.exec(text) ?? [];
  return isPort(port) && host !== '' && !/\s/.test(host);
}

/** Go's durations: `1h2m3.5s`; at least a millisecond, and whole ones. */
function isDuration(text: string): boolean {
  if (!/^(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+$/.test(text)) return false;
  const nanoseconds = [...text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * (UNITS[unit ?? ''] ?? 0),
    0,
  );
  return nanoseconds >= 1e6 && nanoseconds % 1e6 === 0;
}

const UNITS: Readonly<Record<string, number>> = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 };
