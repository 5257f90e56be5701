/** What the value of an option may be: one table. */

import type { Candidate, Candidates } from './protocol.ts';

/** What is known where a value is wanted. */
export interface CompletionRequest {
  readonly command: string;
  /** The words before the cursor, without the command. */
  readonly before: readonly string[];
  /** The value as far as it is there. */
  readonly partial: string;
}

type Values = (request: CompletionRequest) => Promise<Candidates> | Candidates;

const FILE: Candidates = { words: [], files: true };

const file: Values = () => FILE;

function words(...list: readonly string[]): Values {
  return () => ({ words: list.map((word) => ({ word })), files: false });
}

/** Words of a table that is read only when they are wanted. */
function those(find: (request: CompletionRequest) => Promise<readonly (string | Candidate)[]>): Values {
  return async (request) => ({ words: (await find(request)).map((one) => (typeof one === 'string' ? { word: one } : one)), files: false });
}

/** Releases, the newest first: each minor, and where one is begun with a dot behind it, its patches. */
export async function releaseWords(partial: string): Promise<readonly string[]> {
  const { RELEASES } = await import('../../istio/releases/every-release.ts');
  const newest = RELEASES.toReversed();
  const minor = /^\d+\.\d+(?=\.)/.exec(partial)?.[0];
  if (minor !== undefined) return newest.filter((release) => release.startsWith(`${minor}.`));
  return [...new Set(newest.map((release) => release.split('.').slice(0, 2).join('.')))];
}

const FORMS: Readonly<Record<string, () => Promise<Readonly<Record<string, unknown>>>>> = {
  preview: async () => (await import('../preview/forms.ts')).FORMS,
  diff: async () => (await import('../diff/forms.ts')).DIFF_FORMS,
  escapes: async () => (await import('../escapes/forms.ts')).ESCAPES_FORMS,
  explain: async () => (await import('../explain/forms.ts')).EXPLAIN_FORMS,
  lint: async () => (await import('../lint/forms.ts')).LINT_FORMS,
  check: async () => (await import('../check/forms.ts')).CHECK_FORMS,
  trace: async () => (await import('../trace/forms.ts')).TRACE_FORMS,
  identify: async () => (await import('../identify/forms.ts')).IDENTIFY_FORMS,
  why: async () => (await import('../why/forms.ts')).WHY_FORMS,
  conform: async () => (await import('../conform/forms.ts')).CONFORM_FORMS,
  audit: async () => (await import('../audit/summary-forms.ts')).SUMMARY_FORMS,
  changes: async () => (await import('../changes/changes.ts')).FORMS,
};

const TEXT_AND_JSON = { text: undefined, json: undefined };

/** A key of our settings, then its values where they are words. */
async function settingWords(partial: string): Promise<readonly Candidate[]> {
  const { SETTINGS, SETTING_KEYS } = await import('../../istio/settings/settings.ts');
  const key = SETTING_KEYS.find((one) => partial.startsWith(`${one}=`));
  if (key === undefined) return SETTING_KEYS.map((one) => ({ word: `${one}=`, about: SETTINGS[one].what }));
  const { enum: named, type } = SETTINGS[key].schema;
  const values = Array.isArray(named) ? named.map(String) : type === 'boolean' ? ['true', 'false'] : [];
  return values.map((value) => ({ word: `${key}=${value}` }));
}

/** The annotations that make rules, by what stands behind the slash, or in full where that is begun. */
async function annotationWords({ partial }: CompletionRequest): Promise<readonly string[]> {
  const { ANNOTATIONS } = await import('../../istio/kubernetes/annotations.ts');
  const keys = Object.values(ANNOTATIONS).map(({ key }) => key);
  return [...keys.map((key) => key.slice(key.indexOf('/') + 1)), ...(partial === '' ? [] : keys)].map((key) => `${key}=`);
}

async function valueWords(): Promise<readonly Candidate[]> {
  const { MESH_VALUES } = await import('../../istio/kubernetes/mesh/mesh.ts');
  return Object.entries(MESH_VALUES).map(([path, about]) => ({ word: `${path}=`, about }));
}

export const VALUES: Readonly<Record<string, Values>> = {
  filename: file,
  values: file,
  'env-file': file,
  allow: file,
  baseline: file,
  netns: file,
  kubeconfig: file,
  namespace: those(async ({ before }) => (await import('./cluster.ts')).namespaceWords(before)),
  context: those(async ({ before }) => (await import('./cluster.ts')).contextWords(before)),
  output: those(async ({ command }) => Object.keys((await FORMS[command]?.()) ?? TEXT_AND_JSON)),
  release: those(({ partial }) => releaseWords(partial)),
  set: those(({ partial }) => settingWords(partial)),
  workload: those(async ({ before, partial }) => (await import('./workloads.ts')).workloadWords(before, partial)),
  annotation: those(annotationWords),
  value: those(valueWords),
  request: those(async () => (await import('../../istio/packets/stories.ts')).STORIES.map(({ id, about }) => ({ word: id, about }))),
  expect: those(async () => (await import('../../istio/packets/verdict.ts')).VERDICTS),
  'fail-on': those(async () => (await import('../lint/threshold.ts')).THRESHOLDS),
  explain: those(async () => (await import('../../istio/advice/lint/kinds.ts')).LINT_CODES),
  installer: those(async () => (await import('../../istio/kubernetes/injection/injected.ts')).INSTALLERS),
  family: words('ip', 'ip6'),
  by: words('rules', 'packets'),
  color: words('auto', 'always', 'never'),
  facts: words('host'),
  assume: words('shown'),
  backend: words('nft', 'legacy', 'plain'),
  'on-drift': words('reconcile', 'fail', 'report'),
  from: words('app', 'proxy', 'outside', 'uid:'),
  to: words('pod:', 'localhost:'),
  protocol: words('tcp', 'udp', 'icmp'),
  state: words('new', 'established', 'related', 'invalid', 'untracked'),
};
