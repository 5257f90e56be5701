/** Label selectors of Kubernetes, as the values of a mesh hold them: JSON. */

import type { Texts } from './manifest/workload.ts';

interface Expression {
  readonly key?: unknown;
  readonly operator?: unknown;
  readonly values?: unknown;
}

/** Whether one of the selectors in a list fits; an empty selector fits nothing here, as the injector has it. */
export function oneFits(json: string, labels: Texts): boolean {
  const list: unknown = JSON.parse(json);
  return Array.isArray(list) && list.some((selector) => fits(selector, labels));
}

function fits(selector: unknown, labels: Texts): boolean {
  if (typeof selector !== 'object' || selector === null) return false;
  const { equal, expressions } = partsOf(selector);
  return equal.length + expressions.length > 0 && selects(selector, labels);
}

function partsOf(selector: object): {
  readonly equal: readonly (readonly [string, unknown])[];
  readonly expressions: readonly Expression[];
} {
  const { matchLabels, matchExpressions } = selector as { matchLabels?: object | null; matchExpressions?: unknown };
  return {
    equal: Object.entries(matchLabels ?? {}),
    expressions: Array.isArray(matchExpressions) ? (matchExpressions as Expression[]) : [],
  };
}

/** Whether Kubernetes' selector of a webhook selects these labels: an empty one selects all. */
export function selects(selector: unknown, labels: Texts): boolean {
  const { equal, expressions } = partsOf(typeof selector === 'object' && selector !== null ? selector : {});
  return equal.every(([key, value]) => labels.get(key)?.value === String(value)) && expressions.every((one) => holds(one, labels));
}

function holds({ key, operator, values }: Expression, labels: Texts): boolean {
  const value = labels.get(String(key))?.value;
  const among = value !== undefined && Array.isArray(values) && values.map(String).includes(value);
  switch (operator) {
    case 'In':
      return among;
    case 'NotIn':
      return !among;
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    default:
      return false;
  }
}
