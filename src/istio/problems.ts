/** Diagnostics as data: a code, where it is, and the words to fill in. One formatter turns them into text. */

import leven from 'leven';
import type { Origin, Sourced } from './origin.ts';
import { onOneLine, printSource } from './origin.ts';

/** An error stops the work; a warning and a note go on standard error beside the result. */
export type Severity = 'error' | 'warning' | 'note';

interface ProblemKind {
  readonly severity: Severity;
  /** What is wrong and what is allowed; `{name}` is filled in from the problem's arguments. */
  readonly text: string;
}

export const PROBLEMS = {
  'not-a-value': { severity: 'error', text: '{name}: {value} is not {allowed}' },
  'unknown-key': { severity: 'error', text: '{value} is not a key here; allowed: {allowed}{nearest}' },
  'not-a-list': { severity: 'error', text: '{name}: items are added to a list and removed from one; {value} does not go with it' },
  'agent-ports-lost': {
    severity: 'warning',
    text: "{name} is without {value}, the agent's own ports: kubelet's probes and metrics come to them; {name}+=PORT keeps them",
  },
  'duplicate-key': { severity: 'error', text: '{value} stands here a second time; the first is at line {line}' },
  'not-a-string': { severity: 'error', text: '{name}: {value} is {what}, and Kubernetes takes only strings here: quote it' },
  'wrong-type': { severity: 'error', text: '{name}: found {value}, expected {allowed}' },
  'bad-yaml': { severity: 'error', text: '{reason}' },
  'unreadable-file': { severity: 'error', text: '{reason}' },
  'rules-text': { severity: 'warning', text: '{reason}' },
  'not-a-manifest': { severity: 'error', text: '{value} is no kind that is read here; allowed: {allowed}{nearest}' },
  'too-many-problems': { severity: 'error', text: 'only the first {most} problems are reported, and there are more from here on' },
  'use-values': { severity: 'error', text: '{value} holds what a mesh is installed with, no workload; give it with --values' },
  'unrendered-chart': {
    severity: 'warning',
    text: 'the Helm chart is not rendered: {count} not read; {command} makes manifests of it',
  },
  'late-context': { severity: 'warning', text: '{value} comes after workloads that it concerns, and has no effect on them: give it first' },
  'selects-nothing': { severity: 'warning', text: '{value} has a selector without labels, so it selects no pod' },
  'several-documents': { severity: 'error', text: 'holds {value} sidecars; one at a time is previewed' },
  'needs-linux': { severity: 'error', text: 'this needs Linux; from here: {command}' },
  'bad-option': { severity: 'error', text: '{reason}' },
  'unknown-release': { severity: 'error', text: '{value} is not a known release of Istio; known: {allowed}' },
  'unknown-patch': { severity: 'warning', text: '{value} is not known; {instead}, the newest known patch, is used' },
  'newer-release': {
    severity: 'warning',
    text: '{value} is newer than all known releases; {instead}, the newest of them, is used instead',
  },
  'image-without-release': {
    severity: 'error',
    text: 'the image {value} names no release of Istio; name it, as --image-release PATTERN=1.20.3',
  },
  'not-injected': { severity: 'error', text: 'is not injected, so it has no release of its own; name a release, as @1.23' },
  'maybe-injected': {
    severity: 'warning',
    text: "{names}: assumed to be the pod's own, but the injector of {release} wrote values of its mesh into the same annotations; --values distinguishes them",
  },
  'several-revisions': {
    severity: 'error',
    text: 'is a ConfigMap of the revision {value}, and those before are of {first}: give the ConfigMaps of one revision',
  },
  'use-filename': { severity: 'error', text: '{value} is a manifest, not what a mesh is installed with; give it with -f' },
  'tag-without-release': { severity: 'warning', text: '{name}: {value} names no known release of Istio; name it with --release' },
  'template-not-stock': {
    severity: 'warning',
    text: "the injection template is not Istio's own, and these changes of it are not followed: {what}",
  },
  'unknown-value': { severity: 'warning', text: '{value} is not a value that Istio reads (did you mean {nearest}?)' },
  'plugin-skips': {
    severity: 'note',
    text: 'the CNI plugin of Istio {release} skips a pod that has an istio-init: the rules are those of its arguments',
  },
  'plugin-unknown': {
    severity: 'warning',
    text: 'the CNI plugin of Istio {release} was a program of its own and is not known here; that of 1.7 is assumed',
  },
  'variable-from-elsewhere': {
    severity: 'warning',
    text: '{name} gets its value from elsewhere (valueFrom, envFrom), which is not known here; it is assumed not set',
  },
  'variables-from-elsewhere': {
    severity: 'warning',
    text: '{names} may come from elsewhere (envFrom); they are assumed not set',
  },
  'unknown-flag': { severity: 'error', text: '{value} is not a flag of istio-iptables {release}{nearest}' },
  'flag-without-value': { severity: 'error', text: '{value} needs a value' },
  'ignored-argument': { severity: 'warning', text: '{value} is ignored by istio-iptables {release}' },
  'help-asked': { severity: 'error', text: '{value} makes istio-iptables {release} print its help and no rules' },
  'cleans-only': { severity: 'error', text: '{value} makes istio-iptables {release} remove its rules and make none' },
  'applies-nothing': { severity: 'warning', text: '{value} makes istio-iptables apply none of these rules' },
  'too-many-items': {
    severity: 'error',
    text: '{name}: a list of {count} items; at most {most} are taken, for the release makes a rule of each',
  },
  'empty-item': {
    severity: 'error',
    text: '{name}: {value} has an empty item; istio-iptables {release} makes a rule of it that iptables refuses',
  },
  'dropped-range': { severity: 'warning', text: '{name}: {value} is not a range; istio-iptables {release} ignores it' },
  'no-exclude-all': { severity: 'error', text: '{name}: "*" can not be excluded; istio-iptables {release} fails' },
  'no-effect': { severity: 'warning', text: '{name} has no effect at {release}: {reason}' },
  'no-address': {
    severity: 'error',
    text: 'the pod has only loopback addresses{and}: istio-iptables {release} fails, for it can not know which family to capture',
  },
  'no-namespace': {
    severity: 'error',
    text: 'istio-iptables {release} enters a network namespace for this, and --network-namespace names none',
  },
  'mark-of-all': { severity: 'error', text: '{name}: every packet without a mark has mark 0, and all would be routed to this machine' },
  'other-mode': { severity: 'warning', text: '{name}: {value} is treated as REDIRECT; only TPROXY, in capitals, is another mode' },
  'too-many-groups': { severity: 'error', text: '{name}: {value} groups; at most {allowed} can be included' },
  'no-ambient': { severity: 'error', text: 'Istio {release} puts no rules of the ambient mode into pods' },
  'no-knob': { severity: 'error', text: '{name}: {value} is not known to the node agent of Istio {release}' },
  'ambient-fails': { severity: 'error', text: 'the node agent of Istio {release} fails: {reason}' },
  'native-no-place': {
    severity: 'error',
    text: 'inbound.includePorts: native nftables of Istio {release} fail in TPROXY mode where no inbound port is captured',
  },
  'native-no-chain': {
    severity: 'error',
    text: 'dns.capture: native nftables of Istio {release} fail where all nameservers are of a family that is off: a rule jumps to {value}, which is not made',
  },
  'native-scoped-server': {
    severity: 'error',
    text: 'dns.capture: native nftables fail with the nameserver {value}: nft takes no zone in an address',
  },
  'native-server-left': { severity: 'warning', text: 'dns.capture: the nameserver {value} is passed over: {reason}' },
  'native-captures-ip6': {
    severity: 'warning',
    text: 'native nftables of Istio {release} capture IPv6 though it is off, and the pod has an IPv6 address: a proxy that listens on IPv4 alone refuses these connections',
  },
  'native-leaves-ip6': {
    severity: 'note',
    text: 'IPv6 is off, and is left alone here, though the pod has an address of it; native nftables of Istio {release} capture it',
  },
  'servers-unknown': {
    severity: 'error',
    text: 'dns.capture: the nameservers are not known; name them with {option}, or capture "all"',
  },
  'no-servers': { severity: 'warning', text: 'dns.capture: there is no nameserver to capture{consequence}' },
  'name-without-number': { severity: 'warning', text: '{name}: the number of {value} is not known here, so it stays a name' },
  'name-needs-number': { severity: 'error', text: '{name}: the number of {value} is not known, and {reason}' },
} as const satisfies Record<string, ProblemKind>;

export type ProblemCode = keyof typeof PROBLEMS;

export interface Problem {
  readonly code: ProblemCode;
  readonly severity: Severity;
  readonly source: Origin;
  readonly args: Readonly<Record<string, string>>;
}

/** A problem of a code, with the code's own severity. */
export function problem(code: ProblemCode, source: Origin, args: Readonly<Record<string, string>> = {}): Problem {
  return { code, severity: PROBLEMS[code].severity, source, args };
}

/** The problem of a value that is none of those that are allowed. */
export function notAValue(name: string, { value, source }: Sourced<string>, allowed: string): Problem {
  return problem('not-a-value', source, { name, value: quoted(value), allowed });
}

/** What is wrong and what is allowed, without the place. */
export function problemText({ code, args }: Problem): string {
  return PROBLEMS[code].text.replace(/\{(\w+)\}/g, (_, name: string) => args[name] ?? '');
}

/** The one line a person sees: where it is, how bad unless it is an error, what is wrong, what is allowed. */
export function formatProblem(of: Problem): string {
  return onOneLine(behindSource(printSource(of.source), `${of.severity === 'error' ? '' : `${of.severity}: `}${problemText(of)}`));
}

/** A clause with a subject of its own, of which what was typed is no part. */
const CLAUSE = /^(?:the (?:cluster|network namespace|rules|source|release)|no (?:operand|case)|nothing|its rules|process \d+) /;

/** A text behind the source that it is about: `--pid "x" is not ...`, `cluster: the cluster can not be reached`. */
export function behindSource(source: string, text: string): string {
  return `${source}${CLAUSE.test(text) ? ':' : ''} ${text}`;
}

/** Thrown where input can't become a plan; carries every problem that was found. */
export class ProblemError extends Error {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(problems.map(formatProblem).join('\n'));
    this.name = 'ProblemError';
    this.problems = problems;
  }
}

/** Throws the errors among problems, where there are any. */
export function throwErrors(problems: readonly Problem[]): void {
  const errors = problems.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) throw new ProblemError(errors);
}

/** What an error says of itself, whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Outside text in quotes on one line, cut where it is longer than `most`: a message never carries a newline or a control character. */
export function quoted(text: string, most = 60): string {
  const short = text.length > most ? `${text.slice(0, most - 3)}...` : text;
  return onOneLine(JSON.stringify(short));
}

/** ` (did you mean X?)` where one of the allowed words is near; otherwise nothing. */
export function nearest(word: string, allowed: readonly string[]): string {
  if (word.length > 60) return '';
  const ranked = allowed.map((other) => ({ other, distance: leven(word.toLowerCase(), other.toLowerCase()) }));
  const best = ranked.sort((a, b) => a.distance - b.distance)[0];
  return best !== undefined && best.distance <= Math.max(2, word.length / 3) ? ` (did you mean ${best.other}?)` : '';
}
