/** Whether anything listens where the rules send traffic. */

import type { Rule } from '../../../netfilter/rule.ts';
import { matchValue } from '../../found/ownership/rule-values.ts';
import type { Check } from './subject.ts';
import { tablesOf } from './subject.ts';

export const listeners: Check = ({ listening, seen, own, ownership }) => {
  if (listening === undefined) return [];
  const rules = tablesOf({ seen }).flatMap(({ family, table }) =>
    table.chains.flatMap((chain) => {
      const ours = own[family].get(table.name)?.has(chain.name) ?? false;
      return ours ? chain.rules : chain.rules.filter((rule) => ownership[family].rules.has(rule));
    }),
  );
  const silent = (['tcp', 'udp'] as const).flatMap((protocol) => {
    const ports = rules.filter((rule) => (matchValue(rule, 'protocol') === 'udp') === (protocol === 'udp')).flatMap(portOf);
    const missing = [...new Set(ports)].filter((port) => !listening[protocol].has(port)).sort((a, b) => a - b);
    return missing.length === 0 ? [] : [`${protocol.toUpperCase()} ${missing.join(' and ')}`];
  });
  return silent.length === 0 ? [] : [{ code: 'no-listener', args: { ports: silent.join(', ') } }];
};

function portOf({ target }: Rule): readonly number[] {
  if (target.kind === 'TPROXY') return [target.value.port];
  return target.kind === 'REDIRECT' && 'first' in target.value ? [target.value.first] : [];
}
