/** An answer as our YAML. */

import { API_VERSION } from '../../api-version.ts';
import { ARGUMENTS, ENVIRONMENT } from '../../arguments/arguments.ts';
import type { Origin } from '../../origin.ts';
import { problemText } from '../../problems.ts';
import type { Kind } from '../../releases/kinds.ts';
import { printedValues, putSetting } from '../../settings/printed-settings.ts';
import { readSettingTexts } from '../../settings/setting-texts.ts';
import type { SettingKey, Settings } from '../../settings/settings.ts';
import { SETTING_KEYS } from '../../settings/settings.ts';
import { KIND } from '../../settings/sidecar-file.ts';
import type { Switches } from '../../settings/switches.ts';
import { NO_SWITCHES } from '../../settings/switches.ts';
import { isSameValue } from './plausibility.ts';
import type { Proposal } from './proposal.ts';
import { ordinaryValues } from './proposal.ts';

/** A document that makes the rules again, as far as YAML can say it. */
export interface AsSidecar {
  /** A SidecarCapture as plain data; a key that is missing is as in a default pod. */
  readonly document: Readonly<Record<string, unknown>>;
  /** The settings that YAML can't say, with the reasons; left out of the document. */
  readonly notInYaml: readonly NotInYaml[];
}

/** Something that YAML can't say. */
export interface NotInYaml {
  readonly name: string;
  readonly reason: string;
}

/** What asks for each switch. */
export const SET_BY: Readonly<Record<keyof Switches, string>> = {
  dnsPort: ENVIRONMENT.dnsCapture,
  dnsZones: ENVIRONMENT.dnsZones,
  redirectsOwnCalls: ENVIRONMENT.loopbackSwitch,
  traceLogging: `--${ARGUMENTS.find(({ action }) => action === 'trace-logging')?.flag}`,
  inbound6: ENVIRONMENT.inbound6,
  native: `--${ARGUMENTS.find(({ action }) => action === 'native-nftables')?.flag}`,
  emptyInboundList: 'a list of inbound ports that names none',
};

const SWITCH_NAMES = Object.keys(SET_BY) as readonly (keyof Switches)[];

const SOURCE: Origin = { kind: 'rules' };

/**
 * The document for releases of some kinds, the newest last. Settings that the injectors of all these releases pass are
 * left out, and so are those that leave no trace: `same` tells whether a kind of release makes the same of a proposal.
 */
export function asSidecar(
  { values, switches, facts }: Proposal,
  settings: Settings,
  kinds: readonly Kind[],
  same: (kind: Kind, proposal: Proposal) => boolean,
): AsSidecar {
  const differing = (kind: Kind): readonly SettingKey[] =>
    SETTING_KEYS.filter((key) => !isSameValue(values, ordinaryValues(kind.profile), key));
  const newest = kinds.at(-1);
  const nonDefault = newest === undefined ? [] : differing(newest);
  const leavesOnly = (kind: Kind): Proposal => {
    const kept = Object.fromEntries(nonDefault.map((key) => [key, values[key]]));
    return { values: { ...ordinaryValues(kind.profile), ...kept }, switches, facts };
  };
  // At an older release the injector may pass something else.
  const desired = kinds.every((kind) => same(kind, leavesOnly(kind)))
    ? nonDefault
    : SETTING_KEYS.filter((key) => kinds.some((kind) => differing(kind).includes(key)));
  const printed = printedValues(settings);
  const leftOut: NotInYaml[] = SWITCH_NAMES.filter((name) => switches[name] !== NO_SWITCHES[name]).map((name) => ({
    name,
    reason: `only ${SET_BY[name]} sets it`,
  }));
  const document: Record<string, unknown> = { apiVersion: API_VERSION, kind: KIND, release: newest?.releases.at(-1) ?? '' };
  for (const key of desired) {
    const reason = whyNot(key, printed(key), settings[key].value);
    if (reason !== undefined) leftOut.push({ name: key, reason });
    else putSetting(document, key, printed(key));
  }
  return { document, notInYaml: leftOut };
}

/** Why YAML can't say a value; undefined where it can. */
function whyNot(key: SettingKey, printed: unknown, value: unknown): string | undefined {
  const at = (text: unknown) => ({ text: String(text), source: SOURCE });
  const read = readSettingTexts(key, Array.isArray(printed) ? printed.map(at) : at(printed));
  if ('problems' in read) return read.problems.map(problemText)[0];
  return JSON.stringify(read.value) === JSON.stringify(value) ? undefined : `${key}: it would be read as something else`;
}
