import type { TextFile } from '../host/files.ts';
import { readEnvFile } from '../istio/arguments/env-file.ts';
import { badOption } from '../istio/bad-option.ts';
import { INJECTED_DEFAULTS } from '../istio/kubernetes/ordinary-injection.ts';
import { planFromSettings } from '../istio/kubernetes/plan-from-settings.ts';
import type { Origin } from '../istio/origin.ts';
import { planFromArguments } from '../istio/plan/plan-from-arguments.ts';
import { quoted } from '../istio/problems.ts';
import { resolveRelease } from '../istio/releases/resolve-release.ts';
import type { Facts } from '../istio/settings/facts.ts';
import { parseNetwork } from '../netfilter/address/network.ts';
import { quoteForPasting } from '../netfilter/words.ts';
import { oneText, partOfFile } from './one-text.ts';
import type { SourceOptions } from './options.ts';
import type { Input, PlanInput, PlanOptions } from './plan-input/input.ts';
import type { Manifests } from './plan-input/manifests.ts';
import { madeWith } from './plan-input/placeholder-nameserver.ts';
import type { SourceName } from './source-name.ts';
import { refuseStdinTwice } from './stdin-once.ts';
import { holdsManifests, holdsStrangers, looksLikeSettings, namesManifests, workloadIn } from './workloads/detect.ts';

/** The input that a file, or settings alone, and the options name; without any, the injector's defaults. */
export async function readInput(name: Extract<SourceName, { readonly kind: 'settings' | 'file' }>, given: PlanOptions): Promise<Input> {
  const { release } = name;
  if (release !== undefined && given.release !== undefined) throw badOption('--release', `the source names release ${release} already`);
  if (release !== undefined) refuseUnknown(release, name.kind === 'file' ? `${name.file}@${release}` : `@${release}`);
  const options = release === undefined ? given : { ...given, release };
  if (name.kind === 'settings') return planInput(options);
  return inputOfFile(name, { ...options, ...workloadIn(name, given) });
}

/** A release that is not known is one of the source, as it was typed. */
function refuseUnknown(release: string, typed: string): void {
  resolveRelease({ value: release, source: { kind: 'option', option: typed } });
}

async function inputOfFile(name: Extract<SourceName, { readonly kind: 'file' }>, options: PlanOptions): Promise<Input> {
  const { file, workload } = name;
  refuseFilename(file, options);
  refuseStdinTwice([file, ...(options.manifests?.values ?? [])]);
  // Not read as a whole: a dump may be larger than a text can be.
  if (holdsManifests(file)) return planOfFiles({ files: [file] }, options, {});
  const text = workload === undefined ? await oneText(file) : await partOfFile(file, workload);
  if (holdsStrangers(text.text)) return planOfFiles({ text }, options, {});
  if (looksLikeSettings(text.text)) return planOfText(text, options, {});
  refuseArguments(file, options);
  const { rulesBeside } = await import('./page.ts');
  const found = await rulesBeside(text);
  if (!found.manifests) refuseRelease(name);
  return { kind: 'text', ...found };
}

/** Rules are what they are: another release makes none of them. */
function refuseRelease({ file, release }: Extract<SourceName, { readonly kind: 'file' }>): void {
  if (release === undefined) return;
  const instead = `istio-init diff ${quoteForPasting(file)} @${release} compares them with it`;
  throw badOption(`${file}@${release}`, `${file} holds rules, which have no other release; ${instead}`);
}

/** A source is one thing: it does not go with a second file. */
export function refuseFilename(source: string, { filename }: SourceOptions): void {
  if (filename !== undefined) throw badOption('--filename', `${filename} is one too many: ${source} is named already`);
}

/** Rules are what they are: arguments make none of them. */
export function refuseArguments(source: string, { args }: SourceOptions): void {
  if (args !== undefined) throw badOption('--', `${source} holds rules; arguments do not go with it`);
}

/** The plan of the options alone, for a pod whose facts are known; those that were given beat them. */
export async function planInput(given: PlanOptions, known: Facts = {}): Promise<PlanInput> {
  const { filename, manifests, chosen } = given;
  if (chosen !== undefined) {
    const { planOfChosen } = await import('./plan-input/manifests.ts');
    return planOfChosen(chosen, given, { ...known, ...(await factsOf(given)) });
  }
  if (filename !== undefined)
    return namesManifests(given)
      ? planOfFiles({ files: manifests?.filenames ?? [filename] }, given, known)
      : planOfText(await oneText(filename), given, known);
  const facts = { ...known, ...(await factsOf(given)) };
  if (given.args !== undefined) return planOfArguments(given.args, given, facts);
  refuseEnvironment(given);
  if (manifests !== undefined && (manifests.values.length > 0 || manifests.installer !== undefined)) {
    const { planInMesh } = await import('./plan-input/manifests.ts');
    return planInMesh(given, facts);
  }
  if ((manifests?.imageReleases ?? []).length > 0) throw badOption('--image-release', 'goes with manifests; name them with -f');
  const { sets, release, placeholder = false } = given;
  const named = release === undefined ? {} : { release: { value: release, source: OPTION } };
  const made = madeWith(facts, placeholder, (all) => planFromSettings({ sets, facts: all, ...named }));
  const defaults = `note: no settings given: ${INJECTED_DEFAULTS} of Istio ${made.plan.release}`;
  return { kind: 'plan', ...made, notes: sets.length === 0 ? [defaults] : [], basis: { kind: 'settings', sets } };
}

const OPTION: Origin = { kind: 'option', option: '--release' };

async function planOfArguments(args: readonly string[], given: PlanOptions, facts: Facts): Promise<PlanInput> {
  const { release, sets, placeholder = false } = given;
  if (sets.length > 0) throw badOption('--', APART);
  const env = await environmentOf(given);
  const named = release === undefined ? {} : { release, releaseSource: OPTION };
  const made = madeWith(facts, placeholder, (all) => planFromArguments(args, { ...all, ...named, env }));
  return { kind: 'plan', ...made, notes: [], basis: { kind: 'arguments', words: args, environment: env } };
}

/** YAML, and manifests more than that, are loaded only where there are some: it costs start-up. */
async function planOfText({ file, text }: TextFile, given: PlanOptions, known: Facts): Promise<PlanInput> {
  // Whoever names no kind has something else in mind than a SidecarCapture: that reader knows what.
  if (!text.includes('kind')) return planOfFiles({ text: { file, text } }, given, known);
  const facts = { ...known, ...(await factsBeside(given)) };
  const [{ readSidecarText }, { planOfSidecar }] = await Promise.all([
    import('../istio/settings/sidecar-text.ts'),
    import('./plan-input/sidecar.ts'),
  ]);
  return planOfSidecar(readSidecarText(text, file), given, facts);
}

async function planOfFiles(manifests: Manifests, given: PlanOptions, known: Facts): Promise<PlanInput> {
  const facts = { ...known, ...(await factsBeside(given)) };
  const { planOfManifests } = await import('./plan-input/manifests.ts');
  return planOfManifests(manifests, given, facts);
}

/** The facts that are given beside a file, with which arguments don't go. */
async function factsBeside(given: PlanOptions): Promise<Facts> {
  refuseArgumentsBeside(given);
  return factsOf(given);
}

const APART = 'arguments and settings (-f, --set) do not go together';

/** Where settings or manifests are, no arguments can be, nor their environment. */
export function refuseArgumentsBeside(given: Pick<SourceOptions, 'args' | 'env' | 'envFile'>): void {
  if (given.args !== undefined) throw badOption('--', APART);
  refuseEnvironment(given);
}

function refuseEnvironment({ env, envFile }: Pick<SourceOptions, 'env' | 'envFile'>): void {
  if (env.length > 0 || envFile !== undefined) throw badOption(env.length > 0 ? '--env' : '--env-file', 'goes with arguments after --');
}

/** The facts that the options name. */
export async function factsOf({ addresses, nameservers, facts }: SourceOptions): Promise<Facts> {
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
export async function environmentOf({ env, envFile }: SourceOptions): Promise<Readonly<Record<string, string>>> {
  const read = (text: string, from: string): readonly (readonly [string, string])[] =>
    readEnvFile(text).map((line) => {
      if ('unreadable' in line) throw badOption(from, `${quoted(line.unreadable)} is not K=V`);
      return [line.name, line.value] as const;
    });
  const file = envFile === undefined ? [] : read((await oneText(envFile)).text, '--env-file');
  const options = env.map((line) => {
    const [name = '', ...value] = line.split('=');
    if (value.length === 0 || !/^\w+$/.test(name)) throw badOption('--env', `${quoted(line)} is not K=V`);
    return [name, value.join('=')] as const;
  });
  return Object.fromEntries([...file, ...options]);
}
