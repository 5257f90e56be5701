/** How injectors and the CNI plugin check the text of an annotation: what fails refuses the pod. */

import { parseNetwork } from '../../netfilter/address/network.ts';
import { parseGoBool } from '../arguments/command-line.ts';
import type { Sourced } from '../origin.ts';
import type { Problem } from '../problems.ts';
import { problem, quoted } from '../problems.ts';
import type { Profile } from '../releases/profile.ts';

interface Check {
  /** What of a text is refused: the text, or items of its list. */
  readonly refused: (text: string, profile: Profile) => readonly string[];
  readonly allowed: (profile: Profile) => string;
}

/** A quantity of Kubernetes (apimachinery, pkg/api/resource). */
export const QUANTITY = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[KMGTPE]i|[numkMGTPE]|[eE][+-]?\d+)?$/;

/** The checks of every release: those of its injector (`pkg/kube/inject/validate.go`) and of its plugin (`cni/pkg/plugin/redirect.go`). */
const CHECKS = {
  mode: {
    refused: (text, profile) => (modes(profile).includes(text) ? [] : [text]),
    allowed: (profile) => modes(profile).join(', '),
  },
  'plugin mode': {
    refused: (text) => (['REDIRECT', 'TPROXY'].includes(text) ? [] : [text]),
    allowed: () => 'REDIRECT or TPROXY, the modes of the CNI plugin',
  },
  port: { refused: (text, profile) => (isPort(text, profile) ? [] : [text]), allowed: portText },
  ports: { refused: badPorts, allowed: (profile) => `${portText(profile)}, in a list with commas` },
  'ports or *': {
    refused: (text, profile) => (text === '*' ? [] : badPorts(text, profile)),
    allowed: (profile) => `"*" or ${portText(profile)}, in a list with commas`,
  },
  'plugin ports': {
    refused: (text, profile) => (text === '*' && profile.has('pluginIncludesOutboundPorts') ? [] : badPorts(text, profile)),
    allowed: (profile) => `${portText(profile)}, in a list with commas`,
  },
  ranges: { refused: badRanges, allowed: () => RANGE },
  'ranges or *': { refused: (text, profile) => (text === '*' ? [] : badRanges(text, profile)), allowed: () => `"*" or ${RANGE}` },
  truth: { refused: (text) => (parseGoBool(text) === null ? [text] : []), allowed: () => 'true or false' },
  'whole number': {
    refused: (text) => (/^\d{1,10}$/.test(text) && Number(text) <= 0xffffffff ? [] : [text]),
    allowed: () => 'a whole number, from 0 on',
  },
  quantity: { refused: (text) => (QUANTITY.test(text) ? [] : [text]), allowed: () => 'a quantity, as 100m or 1Gi' },
  interfaces: {
    refused: (text) => (text === '' ? [] : text.split(',').filter((item) => !/^[a-zA-Z][a-zA-Z0-9_.-]{0,14}$/.test(item.trim()))),
    allowed: () => 'the name of an interface (a letter, then up to 14 letters, digits, "_", "." or "-"), in a list with commas',
  },
} as const satisfies Record<string, Check>;

export type CheckName = keyof typeof CHECKS;

/** What is refused of a text under a name, each with its place. */
export function checkProblems(check: CheckName, name: string, { value, source }: Sourced<string>, profile: Profile): readonly Problem[] {
  const { refused, allowed }: Check = CHECKS[check];
  return refused(value, profile).map((part) => problem('not-a-value', source, { name, value: quoted(part), allowed: allowed(profile) }));
}

function modes({ has }: Profile): readonly string[] {
  return ['REDIRECT', 'TPROXY', ...(has('injectsNothingInModeNone') ? ['NONE'] : [])];
}

/** Spaces around a port are trimmed, zeros in front and port 0 are let through. */
function isPort(text: string, profile: Profile): boolean {
  const port = text.trim();
  return /^\d+$/.test(port) && Number(port) <= highestPort(profile);
}

// 1.0.0 to 1.0.2 read a port as a signed number of 16 bits.
function highestPort({ has }: Profile): number {
  return has('checksPortsTo65535') ? 65535 : 32767;
}

function portText(profile: Profile): string {
  return `a port (0 to ${highestPort(profile)})`;
}

function badPorts(text: string, profile: Profile): readonly string[] {
  return text.trim() === '' ? [] : text.split(',').filter((item) => !isPort(item, profile));
}

const RANGE = 'a range with its prefix length, as 10.0.0.0/8, in a list with commas but no spaces';

function badRanges(text: string, profile: Profile): readonly string[] {
  return text === '' ? [] : text.split(',').filter((item) => !item.includes('/') || parseNetwork(normal(item, profile)) === null);
}

/** net.ParseCIDR, of 1.15 and before, overlooked zeros in front; netip.ParsePrefix does not. */
function normal(range: string, { has }: Profile): string {
  return has('checksRangesStrictly') ? range : range.replace(/(^|[./])0+(?=\d)/g, '$1');
}
