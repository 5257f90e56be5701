/** Annotations that no rule comes of, and for which a release refuses the pod all the same. */

import { parseGoBool } from '../../arguments/command-line.ts';
import type { Sourced } from '../../origin.ts';
import type { Problem } from '../../problems.ts';
import { notAValue } from '../../problems.ts';
import type { ChangeName, Profile } from '../../releases/profile.ts';
import type { CheckName } from '../annotation-checks.ts';
import { checkProblems, QUANTITY } from '../annotation-checks.ts';
import type { Texts } from '../manifest/workload.ts';
import type { Mesh } from '../mesh/mesh.ts';
import type { Refused } from './refusals.ts';
import { meshSwitch } from './template-data.ts';

interface Checked {
  readonly keys: readonly string[];
  readonly check: CheckName;
  readonly needs: ChangeName;
}

const READINESS = 'readiness.status.sidecar.istio.io/';
const RESOURCES = ['proxyCPU', 'proxyCPULimit', 'proxyMemory', 'proxyMemoryLimit'].map((name) => `sidecar.istio.io/${name}`);
const MERGE_METRICS = 'prometheus.istio.io/merge-metrics';

/** pkg/kube/inject/validate.go and inject.go. */
const CHECKED: readonly Checked[] = [
  {
    keys: ['initialDelaySeconds', 'periodSeconds', 'failureThreshold'].map((name) => `${READINESS}${name}`),
    check: 'whole number',
    needs: 'checksReadiness',
  },
  { keys: [MERGE_METRICS], check: 'truth', needs: 'checksMergeMetrics' },
  { keys: ['sidecar.istio.io/enableCoreDump'], check: 'truth', needs: 'checksCoreDump' },
  { keys: RESOURCES, check: 'quantity', needs: 'checksResources' },
];

/** What the injector's own checks refuse. */
export function otherProblems(annotations: Texts, profile: Profile): readonly Problem[] {
  return CHECKED.filter(({ needs }) => profile.has(needs)).flatMap(({ keys, check }) =>
    keys.flatMap((key) => {
      const given = annotations.get(key);
      return given === undefined ? [] : checkProblems(check, key, given, profile);
    }),
  );
}

/** What the filled-in template says that Kubernetes can't read, or what fails while it is filled in. */
export function templateRefusal(annotations: Texts, profile: Profile): Refused | undefined {
  for (const key of ['sidecar.istio.io/userVolume', 'sidecar.istio.io/userVolumeMount']) {
    const given = annotations.get(key);
    if (given !== undefined && !isJson(given.value)) return { refusal: 'the template fails', problems: [notAValue(key, given, 'JSON')] };
  }
  if (profile.has('checksResources')) return undefined;
  for (const key of RESOURCES) {
    const given = annotations.get(key);
    // A newline behind it is lost where the YAML is read.
    if (given !== undefined && !QUANTITY.test(given.value.trim()))
      return { refusal: NO_YAML, problems: [notAValue(key, given, 'a quantity, as 100m or 1Gi')] };
  }
  return undefined;
}

export const NO_YAML = 'the filled-in template is no YAML of a pod';

/** Ports that are the proxy's own. */
const RESERVED = [15000, 15001, 15004, 15006, 15008, 15020, 15021, 15053, 15090];

/** Where the metrics of the application are merged into the proxy's: a port that is none, or one of the proxy's own. */
export function prometheusRefusal(annotations: Texts, mesh: Mesh, statusPort: string, profile: Profile): Refused | undefined {
  if (!profile.has('checksPrometheus') || !mergesMetrics(annotations, mesh)) return undefined;
  const named = (label: string): readonly (readonly [string, Sourced<string>])[] =>
    [...annotations].filter(([key]) => key.replace(/[^A-Za-z0-9_]/g, '_') === label);
  const scrape = named('prometheus_io_scrape').map(([, { value }]) => parseGoBool(value));
  if (scrape.includes(false)) return undefined;
  const ports = named('prometheus_io_port');
  // What the injector itself wrote into a pod that is injected again.
  if (ports.some(([, { value }]) => value === statusPort)) return undefined;
  const targets = annotations.get(TARGETS);
  const problems = [
    ...ports.flatMap(([key, given]) =>
      isFree(given.value) ? [] : [notAValue(key, given, `a port of the application (none of ${RESERVED.join(', ')})`)],
    ),
    ...(targets === undefined ? [] : reservedTargets(targets)),
  ];
  return problems.length === 0 ? undefined : { refusal: 'prometheus annotations', problems };
}

const TARGETS = 'prometheus.istio.io/scrape-targets';

function mergesMetrics(annotations: Texts, mesh: Mesh): boolean {
  const own = annotations.get(MERGE_METRICS);
  if (own !== undefined) return parseGoBool(own.value) === true;
  return (
    mesh.values.get('meshConfig.enablePrometheusMerge') === undefined ||
    meshSwitch({ mesh }, 'meshConfig.enablePrometheusMerge') !== undefined
  );
}

/** `8080`, `8080/metrics`, `:8080/metrics`, in a list; what is none of these is passed over. */
function reservedTargets(given: Sourced<string>): readonly Problem[] {
  return given.value.split(',').flatMap((target) => {
    const port = /^:?(\d+)(?:[/:]|$)/.exec(target.trim())?.[1];
    return port === undefined || isFree(port)
      ? []
      : [notAValue(TARGETS, { ...given, value: target.trim() }, 'a target with a port of the application')];
  });
}

function isFree(port: string): boolean {
  return /^\d{1,5}$/.test(port) && Number(port) > 0 && Number(port) < 65536 && !RESERVED.includes(Number(port));
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
