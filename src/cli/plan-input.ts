/** From a command line to what it names: a plan, or rules that someone wrote down. */

import type { TextFile } from '../host/files.ts';
import { readTexts } from '../host/files.ts';
import type { Facts } from '../istio/facts.ts';
import type { CapturePlan } from '../istio/plan.ts';
import { planFromArguments } from '../istio/plan-from-arguments.ts';
import { planFromSettings } from '../istio/plan-from-settings.ts';
import { ProblemError, quoted } from '../istio/problems.ts';
import type { SidecarFile } from '../istio/sidecar-file.ts';
import type { Source } from '../istio/source.ts';
import { parseNetwork } from '../netfilter/network.ts';
import type { SettingsGiven } from './options.ts';
import type { SourceName } from './source-name.ts';
import { badOption } from './talk.ts';

/** What a command works on. */
export type Input =
  | { readonly kind: 'plan'; readonly plan: CapturePlan; readonly notes: readonly string[] }
  /** A text without settings in it: rules in some form. */
  | { readonly kind: 'text'; readonly text: TextFile };

/** The input that a file, or settings alone, and the options name; without any, an ordinary injected pod. */
export async function readInput(name: Extract<SourceName, { readonly kind: 'settings' | 'file' }>, given: SettingsGiven): Promise<Input> {
  const { release } = name;
  if (release !== undefined && given.release !== undefined) throw badOption('--release', `the source names release ${release} already`);
  const options = release === undefined ? given : { ...given, release };
  if (name.kind === 'settings') return settingsOrArguments(options, given.filename === undefined ? undefined : oneText(given.filename));
  refuseFilename(name.file, given);
  const text = oneText(name.file);
  if (looksLikeManifest(text.text)) return settingsOrArguments(options, text);
  refuseArguments(name.file, given);
  return { kind: 'text', text };
}

/** A source is one thing: it does not go with a second file. */
export function refuseFilename(source: string, { filename }: SettingsGiven): void {
  if (filename !== undefined) throw badOption('--filename', `${source} is named already; one of them is enough`);
}

/** Rules are what they are: arguments make none of them. */
export function refuseArguments(source: string, { args }: SettingsGiven): void {
  if (args !== undefined) throw badOption('--', `${source} holds rules; arguments do not go with it`);
}

/** The plan of the options alone, for a pod whose facts are known; those that were given beat them. */
export async function planInput(given: SettingsGiven, known: Facts): Promise<Extract<Input, { readonly kind: 'plan' }>> {
  return settingsOrArguments(given, given.filename === undefined ? undefined : oneText(given.filename), known);
}

async function settingsOrArguments(
  given: SettingsGiven,
  text: TextFile | undefined,
  known: Facts = {},
): Promise<Extract<Input, { readonly kind: 'plan' }>> {
  const facts = { ...known, ...(await factsOf(given)) };
  const release =
    given.release === undefined ? undefined : { value: given.release, source: { kind: 'option', option: '--release' } as Source };
  if (given.args !== undefined) {
    if (text !== undefined || given.sets.length > 0) throw badOption('--', 'arguments and settings (-f, --set) do not go together');
    const env = await environmentOf(given);
    const named = release === undefined ? {} : { release: release.value, releaseSource: release.source };
    return { kind: 'plan', plan: planFromArguments(given.args, { ...facts, ...named, env }), notes: [] };
  }
  if (given.env.length > 0 || given.envFile !== undefined) throw badOption('--env', 'goes with arguments after --');
  const file = text === undefined ? undefined : await sidecarOf(text);
  const plan = planFromSettings({
    sets: given.sets,
    facts,
    ...(file === undefined ? {} : { file }),
    ...(release === undefined ? {} : { release }),
  });
  const ordinary = `note: no settings given: an ordinary injected pod of Istio ${plan.release}`;
  return { kind: 'plan', plan, notes: file === undefined && given.sets.length === 0 ? [ordinary] : [] };
}

/** YAML is loaded only where there is some: it costs start-up. */
async function sidecarOf({ file, text }: TextFile): Promise<SidecarFile> {
  const { readSidecarText } = await import('../istio/sidecar-text.ts');
  return readSidecarText(text, file);
}

/** The facts that the options name. */
export async function factsOf({ addresses, nameservers, facts }: SettingsGiven): Promise<Facts> {
  if (facts !== undefined && facts !== 'host') throw badOption('--facts', `${quoted(facts)} is not "host"`);
  refuseOthers('--address', addresses, 'an address such as 10.1.2.3 or 2001:db8::7', (text) => parseNetwork(text) !== null);
  refuseOthers(
    '--nameserver',
    nameservers,
    'an address such as 10.96.0.10',
    (text) => !text.includes('/') && parseNetwork(text.replace(/%.*$/s, '')) !== null,
  );
  const host = facts === undefined ? {} : (await import('../host/facts.ts')).hostFacts();
  return { ...host, ...(addresses.length > 0 ? { addresses } : {}), ...(nameservers.length > 0 ? { nameservers } : {}) };
}

function refuseOthers(option: string, texts: readonly string[], allowed: string, test: (text: string) => boolean): void {
  const wrong = texts.find((text) => !test(text));
  if (wrong !== undefined) throw badOption(option, `${quoted(wrong)} is not ${allowed}`);
}

/** What --env-file and --env say, the latter last. */
export async function environmentOf({ env, envFile }: SettingsGiven): Promise<Readonly<Record<string, string>>> {
  const lines =
    envFile === undefined
      ? []
      : oneText(envFile)
          .text.split(/\r?\n/)
          .filter((line) => !/^\s*(#|$)/.test(line));
  return Object.fromEntries(
    [...lines.map((line) => ({ line, from: '--env-file' })), ...env.map((line) => ({ line, from: '--env' }))].map(({ line, from }) => {
      const [name = '', ...value] = line.split('=');
      if (value.length === 0 || !/^\w+$/.test(name)) throw badOption(from, `${quoted(line)} is not K=V`);
      return [name, value.join('=')] as const;
    }),
  );
}

function oneText(file: string): TextFile {
  const texts = readTexts(file);
  if ('code' in texts) throw new ProblemError([texts]);
  const [first, second] = texts;
  if (first === undefined || second !== undefined) throw badOption(file, `holds ${texts.length} manifests; name one of them`);
  return first;
}

// Rules never hold these keys at the start of a line; a manifest has one of them near its top.
function looksLikeManifest(text: string): boolean {
  return /^\s*[{"']*(?:apiVersion|kind)["']?\s*:/m.test(text.slice(0, 65536));
}
