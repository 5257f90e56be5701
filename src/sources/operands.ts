import { badOption } from '../istio/bad-option.ts';
import { INJECTED_DEFAULTS } from '../istio/kubernetes/ordinary-injection.ts';
import { fileText, onOneLine } from '../istio/origin.ts';
import type { CapturePlan } from '../istio/plan/plan.ts';
import type { Facts } from '../istio/settings/facts.ts';
import type { Family } from '../netfilter/family.ts';
import { quoteForPasting } from '../netfilter/words.ts';
import { inferredOperand } from './inferred-operand.ts';
import type { DiffOperand } from './operand.ts';
import { hasSettings, refuseIgnored, refuseTwoReaders, refuseUnused, settingsOf } from './operand-settings.ts';
import type { SourceOptions } from './options.ts';
import { unknownServersNotes } from './plan-input/placeholder-nameserver.ts';
import { readSource } from './read-source.ts';
import type { RuleSource } from './rule-source.ts';
import type { SourceName } from './source-name.ts';
import { parseSource } from './source-name.ts';

interface NamedOperand {
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
export async function readOperands(
  left: string,
  right: string | undefined,
  given: SourceOptions,
  family: Family | undefined,
): Promise<readonly [DiffOperand, DiffOperand]> {
  const operand = (source: string | undefined): NamedOperand => ({ source, name: parseSource(source) });
  const first = operand(left);
  const second = right === undefined && !hasSettings(given) ? undefined : operand(right);
  const names = [first, ...(second === undefined ? [] : [second])].map(({ name }) => name);
  refuseTwoReaders(names, given);
  refuseUnused(names, given);
  const read = (of: NamedOperand, known: Facts = {}): Promise<DiffOperand> => readNamed(of, settingsOf(of.name, given), known, family);

  if (second === undefined) {
    const one = mustBeRules(left, await read(first));
    return [one, await inferredOperand(one)];
  }
  const [one, other] = await inOrder(first, second, read);
  if (right === undefined) mustBeRules(left, one);
  refuseIgnored(
    [
      { ...first, operand: one },
      { ...second, operand: other },
    ],
    given,
  );
  return [one, other];
}

/** Settings alone are no two sides. */
function mustBeRules(source: string, operand: DiffOperand): DiffOperand {
  if (operand.plan !== undefined) throw badOption(source, `holds settings, no rules; name the other operand, as in diff live ${source}`);
  return operand;
}

/** Reads two sides; rules go before settings, for they tell of their pod. */
async function inOrder(
  left: NamedOperand,
  right: NamedOperand,
  read: (of: NamedOperand, known?: Facts) => Promise<DiffOperand>,
): Promise<readonly [DiffOperand, DiffOperand]> {
  const [first, second] = rank(left) > rank(right) ? [right, left] : [left, right];
  const one = await read(first);
  const other = await read(second, rank(second) >= SETTINGS ? await factsOf(one) : {});
  return first === left ? [one, other] : [other, one];
}

/** The rank of what is sure to be settings, or likely. */
const SETTINGS = 2;

/** How little a source is likely to know of a pod; a file is told by its name, for it may be a pipe that can be read once. */
function rank({ name }: NamedOperand): number {
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
async function factsOf({ seen, plan, facts }: RuleSource): Promise<Facts> {
  if (plan !== undefined) return {};
  const { identify } = await import('../istio/found/identify.ts');
  return { ...identify(seen).answers[0]?.facts, ...facts };
}

async function readNamed(
  { source, name }: NamedOperand,
  given: SourceOptions,
  known: Facts,
  family: Family | undefined,
): Promise<DiffOperand> {
  const operand = await readSource(source, { ...withFacts(given, known), placeholder: 'unknown' }, family);
  // The heading says what the notes of settings say.
  if (operand.plan === undefined) return operand;
  return { ...operand, name: planName(operand.plan, name, given), notes: unknownServersNotes(operand.plan) };
}

/** What is known of a pod, where the options say nothing of it. */
function withFacts(given: SourceOptions, { addresses, nameservers }: Facts): SourceOptions {
  return {
    ...given,
    ...(given.addresses.length > 0 || addresses === undefined ? {} : { addresses }),
    ...(given.nameservers.length > 0 || nameservers === undefined ? {} : { nameservers }),
  };
}

/** What a plan was made of. */
export function planName({ release }: CapturePlan, name: SourceName, { filename, args, sets }: SourceOptions): string {
  const file = name.kind === 'file' ? name.file : filename;
  const workload = name.kind === 'file' && name.workload !== undefined ? `#${onOneLine(name.workload)}` : '';
  const changed = sets.length === 0 ? '' : ` with ${sets.join(', ')}`;
  if (args !== undefined) return `Istio ${release}, istio-iptables${args.map((word) => ` ${quoteForPasting(word)}`).join('')}`;
  if (file !== undefined) return `Istio ${release}, settings of ${fileText(file)}${workload}${changed}`;
  return `Istio ${release}, ${INJECTED_DEFAULTS}${changed}`;
}
