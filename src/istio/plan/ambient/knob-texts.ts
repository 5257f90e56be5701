/** Knobs as words of a command line: `dns=true`, `virtualInterfaces=eth1,net1`. */

import type { Origin } from '../../origin.ts';
import { notAValue, ProblemError } from '../../problems.ts';
import { unknownKey } from '../../settings/setting-texts.ts';
import type { AmbientKnobs } from './knobs.ts';

interface KnobForm {
  readonly allowed: string;
  readonly read: (text: string) => unknown;
}

const YES_NO: KnobForm = { allowed: 'true or false', read: (text) => (/^(?:true|false)$/.test(text) ? text === 'true' : undefined) };
const ADDRESS: KnobForm = { allowed: 'an address', read: (text) => text };
const LIST: KnobForm = { allowed: 'a list', read: (text) => text.split(',').filter((item) => item !== '') };

function oneOf(...words: readonly string[]): KnobForm {
  return { allowed: words.join(' or '), read: (text) => (words.includes(text) ? text : undefined) };
}

const STEPS: readonly string[] = ['create', 'delete', 'set', 'add', 'remove', 'flush', 'destroy'];

/** Every knob with what it takes. */
const KNOB_FORMS = {
  backend: oneOf('iptables', 'nftables'),
  where: oneOf('pod', 'host'),
  ipv6: YES_NO,
  dns: YES_NO,
  tproxy: YES_NO,
  ingress: YES_NO,
  virtualInterfaces: LIST,
  podDNS: oneOf('on', 'off'),
  reconcile: YES_NO,
  probeV4: ADDRESS,
  probeV6: ADDRESS,
  podIPs: LIST,
  kubelet: { allowed: 'a user id, or none', read: (text) => (text === 'none' ? null : /^\d{1,10}$/.test(text) ? Number(text) : undefined) },
  steps: {
    allowed: `a list of ${STEPS.join(', ')}`,
    read: (text) => (text.split(',').every((step) => STEPS.includes(step)) ? text.split(',') : undefined),
  },
} as const satisfies { readonly [K in keyof Required<AmbientKnobs>]: KnobForm };

const NAMES = Object.keys(KNOB_FORMS);

const SOURCE: Origin = { kind: 'option', option: '--set' };

/** The knobs of texts such as `dns=true`. Throws a ProblemError for what is none. */
export function readKnobs(texts: readonly string[]): AmbientKnobs {
  const problems = texts.flatMap((text) => {
    const [name = '', value] = splitOnce(text);
    if (!Object.hasOwn(KNOB_FORMS, name)) return [unknownKey(name, NAMES, SOURCE)];
    const { read, allowed } = KNOB_FORMS[name as keyof typeof KNOB_FORMS] as KnobForm;
    return value === undefined || read(value) === undefined ? [notAValue(name, { value: value ?? '', source: SOURCE }, allowed)] : [];
  });
  if (problems.length > 0) throw new ProblemError(problems);
  return Object.fromEntries(
    texts.map(splitOnce).map(([name = '', value = '']) => [name, (KNOB_FORMS[name as keyof typeof KNOB_FORMS] as KnobForm).read(value)]),
  ) as AmbientKnobs;
}

function splitOnce(text: string): readonly string[] {
  const at = text.indexOf('=');
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

/** Knobs as `--set` takes them: `dns=true`, `virtualInterfaces=eth1,net1`. */
export function knobTexts(knobs: AmbientKnobs): readonly string[] {
  return NAMES.flatMap((name): readonly string[] => {
    const value = knobs[name as keyof AmbientKnobs];
    return value === undefined ? [] : [`${name}=${value === null ? 'none' : Array.isArray(value) ? value.join(',') : value}`];
  });
}
