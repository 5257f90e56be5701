/** Texts to setting values: the one parser behind our YAML and `--set`. */

import type { Origin } from '../origin.ts';
import type { Problem } from '../problems.ts';
import { nearest, problem, quoted } from '../problems.ts';
import type { SettingKey, Settings } from './settings.ts';
import { isSettingKey, SETTING_KEYS, SETTINGS } from './settings.ts';

/** A text and where it stood. */
export interface TextAt {
  readonly text: string;
  readonly source: Origin;
}

/** What was read: a value to lay over the defaults, or what is wrong. */
export type ReadSetting = { readonly value: unknown } | { readonly problems: readonly Problem[] };

/** Reads one value, or the items of a list; each item has its own place in messages. */
export function readSettingTexts(key: SettingKey, given: TextAt | readonly TextAt[]): ReadSetting {
  const { shape, read, allowed } = SETTINGS[key];
  if (isList(given)) {
    const values = given.map(({ text }) => read(text));
    const bad = given.filter((_, index) => values[index] === null);
    return bad.length === 0 ? { value: values } : { problems: bad.map((item) => notAValue(key, item, allowed)) };
  }
  const { text } = given;
  if (shape === 'list or *' && text === '*') return { value: '*' };
  const value = shape === 'one' ? read(text) : null;
  const expected = { one: allowed, list: `a list; each item ${allowed}`, 'list or *': `"*" or a list; each item ${allowed}` }[shape];
  return value === null ? { problems: [notAValue(key, given, expected)] } : { value };
}

function isList(given: TextAt | readonly TextAt[]): given is readonly TextAt[] {
  return Array.isArray(given);
}

function notAValue(key: SettingKey, { text, source }: TextAt, allowed: string): Problem {
  const { schema } = SETTINGS[key];
  const near = /^\w+$/.test(text) ? nearest(text, (schema['enum'] ?? []) as readonly string[]) : '';
  return problem('not-a-value', source, { name: key, value: quoted(text), allowed: `${allowed}${near}` });
}

/** Values by their keys, to lay over the settings of an injected pod. */
export type Overrides = Partial<Settings>;

/**
 * One `--set KEY=VALUE`; list items are separated by commas, nothing behind `=` is an empty list. `KEY+=VALUE` adds items to
 * those of the base, and `KEY-=VALUE` removes them; without a base the value is the items alone.
 */
export function readSetOption(option: string, base?: Settings): { readonly overrides: Overrides; readonly problems: readonly Problem[] } {
  const source: Origin = { kind: 'option', option: '--set' };
  const [, key = '', sign = '', text] = /^([^=]*?)([+-]?)(?:=(.*))?$/s.exec(option) ?? [];
  const refused = (...problems: readonly Problem[]): ReturnType<typeof readSetOption> => ({ overrides: {}, problems });
  if (!isSettingKey(key)) return refused(unknownKey(key, SETTING_KEYS, source));
  if (text === undefined) return refused(problem('flag-without-value', source, { value: quoted(key) }));
  const { shape } = SETTINGS[key];
  const all = shape === 'one' || (shape === 'list or *' && text === '*');
  if (sign !== '' && all) return refused(problem('not-a-list', source, { name: key, value: quoted(`${sign}=`) }));
  const given = all ? { text, source } : text === '' ? [] : text.split(',').map((item) => ({ text: item, source }));
  const read = readSettingTexts(key, given);
  if (!('value' in read)) return { overrides: {}, problems: read.problems };
  const value = sign === '' ? read.value : changedList(base?.[key].value, sign, read.value as readonly unknown[]);
  if (sign !== '' && value === '*') return refused(problem('not-a-list', source, { name: key, value: '"*"' }));
  return { overrides: { [key]: { value, source } }, problems: [] };
}

/** A list with items more, or fewer; `*` is no list, and stays. */
function changedList(base: unknown, sign: string, items: readonly unknown[]): unknown {
  if (base === '*') return base;
  const before = (base ?? []) as readonly unknown[];
  const has = (list: readonly unknown[], item: unknown): boolean => list.some((one) => JSON.stringify(one) === JSON.stringify(item));
  return sign === '+' ? [...before, ...items.filter((item) => !has(before, item))] : before.filter((item) => !has(items, item));
}

/** Settings with `--set` options laid over them in their order, and what is to be said of it. */
export function withSets(base: Settings, sets: readonly string[]): { readonly settings: Settings; readonly problems: readonly Problem[] } {
  let settings = base;
  const problems: Problem[] = [];
  for (const set of sets) {
    const read = readSetOption(set, settings);
    problems.push(...read.problems);
    settings = { ...settings, ...read.overrides };
  }
  return { settings, problems: [...problems, ...lostPorts(base, settings)] };
}

/** Ports that the injector leaves alone for the agent's sake, and that a list in place of its own does not have. */
function lostPorts(base: Settings, settings: Settings): readonly Problem[] {
  const [before, after] = [base, settings].map((one) => one['inbound.excludePorts']);
  if (before === undefined || after === undefined || before.value === after.value || before.source.kind === 'option') return [];
  const has = (number: number): boolean => after.value.some((range) => 'first' in range && range.first <= number && number <= range.last);
  const lost = before.value.flatMap((range) =>
    'first' in range && range.first === range.last && AGENT_PORTS.includes(range.first) ? [range.first] : [],
  );
  const gone = lost.filter((number) => !has(number));
  return gone.length === 0 ? [] : [problem('agent-ports-lost', after.source, { name: 'inbound.excludePorts', value: gone.join(', ') })];
}

// Health, metrics and the merged metrics of the proxy and its agent.
const AGENT_PORTS: readonly number[] = [15020, 15021, 15090];

/** A key that is not known, with the allowed ones and the nearest of them. */
export function unknownKey(key: string, allowed: readonly string[], source: Origin): Problem {
  return problem('unknown-key', source, { value: quoted(key), allowed: allowed.join(', '), nearest: nearest(key, allowed) });
}
