import type { CapturePlan } from '../istio/plan/plan.ts';
import type { Facts } from '../istio/settings/facts.ts';
import type { Family } from '../netfilter/family.ts';
import { quoteForShell } from '../netfilter/words.ts';
import { badOption } from './bad-option.ts';
import { inferredSide } from './inferred-operand.ts';
import type { NamedSide } from './operand.ts';
import { hasSettings, refuseIgnored, refuseTwoReaders, refuseUnused, settingsOf } from './operand-settings.ts';
import type { SettingsGiven } from './options.ts';
import type { Side } from './rule-source.ts';
import { readSide } from './source.ts';
import type { SourceName } from './source-name.ts';
import { parseSource } from './source-name.ts';

interface Operand {
  /** As it was given; undefined for the settings alone. */
  readonly source: string | undefined;
  readonly name: SourceName;
}

/**
 * Both sides; without a right one, the settings that are given or, without any, what made the rules of the left.
 * Settings go to the sides that are made of settings: all of them to a bare release, `--set` and `--release` to a
 * settings file as well, arguments to a command as well. What is known of the pod of a live side holds for a plan
 * beside it. Throws a ProblemError for input that can't be used.
 */
export async function readSides(
  left: string,
  right: string | undefined,
  given: SettingsGiven,
  family: Family | undefined,
): Promise<readonly [NamedSide, NamedSide]> {
  const operand = (source: string | undefined): Operand => ({ source, name: parseSource(source) });
  const first = operand(left);
  const second = right === undefined && !hasSettings(given) ? undefined : operand(right);
  const names = [first, ...(second === undefined ? [] : [second])].map(({ name }) => name);
  refuseTwoReaders(names, given);
  refuseUnused(names, given);
  const read = (of: Operand, known: Facts = {}): Promise<NamedSide> => readNamed(of, settingsOf(of.name, given), known, family);

  if (second === undefined) {
    const one = mustBeRules(left, await read(first));
    return [one, await inferredSide(one)];
  }
  const [one, other] = await inOrder(first, second, read);
  if (right === undefined) mustBeRules(left, one);
  refuseIgnored(
    [
      { ...first, side: one },
      { ...second, side: other },
    ],
    given,
  );
  return [one, other];
}

/** Settings alone are no two sides. */
function mustBeRules(source: string, side: NamedSide): NamedSide {
  if (side.plan !== undefined) throw badOption(source, `holds settings, no rules; name the other side, as in diff live ${source}`);
  return side;
}

/** Reads two sides; rules go before settings, for they tell of their pod. */
async function inOrder(
  left: Operand,
  right: Operand,
  read: (of: Operand, known?: Facts) => Promise<NamedSide>,
): Promise<readonly [NamedSide, NamedSide]> {
  const [first, second] = rank(left) > rank(right) ? [right, left] : [left, right];
  const one = await read(first);
  const other = await read(second, rank(second) >= SETTINGS ? await factsOf(one) : {});
  return first === left ? [one, other] : [other, one];
}

/** The rank of what is sure to be settings, or likely. */
const SETTINGS = 2;

/** How little a source is likely to know of a pod; a file is told by its name, for it may be a pipe that can be read once. */
function rank({ name }: Operand): number {
  switch (name.kind) {
    case 'namespace':
    case 'command':
      return 0;
    case 'file':
      return /\.(ya?ml|json)$/.test(name.file) ? SETTINGS : 1;
    case 'own':
    case 'settings':
      return SETTINGS + 1;
    default:
      return name satisfies never;
  }
}

/** What a side tells of its pod: a live one knows it, and rules for IPv6 or for a nameserver show that there is one. */
async function factsOf({ seen, plan, facts }: Side): Promise<Facts> {
  if (plan !== undefined) return {};
  const { identify } = await import('../istio/found/identify.ts');
  return { ...identify(seen).answers[0]?.facts, ...facts };
}

async function readNamed({ source, name }: Operand, given: SettingsGiven, known: Facts, family: Family | undefined): Promise<NamedSide> {
  const side = await readSide(source, withFacts(given, known), family);
  // The heading says what the notes of settings say.
  return side.plan === undefined ? side : { ...side, name: planName(side.plan, name, given), notes: [] };
}

/** What is known of a pod, where the options say nothing of it. */
function withFacts(given: SettingsGiven, { addresses, nameservers }: Facts): SettingsGiven {
  return {
    ...given,
    ...(given.addresses.length > 0 || addresses === undefined ? {} : { addresses }),
    ...(given.nameservers.length > 0 || nameservers === undefined ? {} : { nameservers }),
  };
}

/** What a plan was made of. */
export function planName({ release }: CapturePlan, name: SourceName, { filename, args, sets }: SettingsGiven): string {
  const file = name.kind === 'file' ? name.file : filename;
  const changed = sets.length === 0 ? '' : ` with ${sets.join(', ')}`;
  if (args !== undefined) return `Istio ${release}, istio-iptables${args.map((word) => ` ${quoteForShell(word)}`).join('')}`;
  if (file !== undefined) return `Istio ${release}, settings of ${file === '-' ? 'standard input' : file}${changed}`;
  return `Istio ${release}, an ordinary injected pod${changed}`;
}
