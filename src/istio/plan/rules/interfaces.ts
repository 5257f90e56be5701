/** Interfaces that are left alone, and those of virtual machines, whose traffic counts as outbound. */

import { match } from '../../../netfilter/rule/match.ts';
import { jump, RETURN } from './parts.ts';
import type { Concern, Context, Step } from './step.ts';
import { append, insert } from './step.ts';

/** Excluded interfaces: first of all rules, both ways, and in mangle as well with TPROXY. */
export const excludedInterfaces: Concern = ({ values, has, tproxy }) => {
  if (!has('excludeInterfaces')) return [];
  const tables = tproxy ? ['nat', 'mangle'] : ['nat'];
  return tables.flatMap((table) =>
    values['interfaces.exclude'].flatMap((name) => {
      const reason = {
        text: `Traffic on ${name} is left alone.`,
        settings: ['interfaces.exclude'],
        trace: 'ExcludeInterfaceCommand',
      } as const;
      return [
        append(table, 'PREROUTING', [match('in-interface', name)], RETURN, { ...reason, id: `${table}.exclude-interface-in.${name}` }),
        append(table, 'OUTPUT', [match('out-interface', name)], RETURN, { ...reason, id: `${table}.exclude-interface-out.${name}` }),
      ];
    }),
  );
};

function reroute(name: string, trace = 'KubevirtCommand'): { text: string; settings: readonly ['interfaces.reroute']; trace: string } {
  return { text: `Traffic that a virtual machine sends through ${name} counts as outbound.`, settings: ['interfaces.reroute'], trace };
}

function returnFrom(name: string, suffix: '' | '-again' = ''): Step {
  return insert(1, 'nat', 'PREROUTING', [match('in-interface', name)], RETURN, {
    ...reroute(name),
    id: `nat.reroute-return${suffix}.${name}`,
  });
}

/** Rerouted interfaces leave nat PREROUTING: inserted before everything else that the program has appended. */
export const rerouteReturns: Concern = ({ values, has }) =>
  has('rerouteFirst') ? values['interfaces.reroute'].map((name) => returnFrom(name)) : [];

/** The place of those returns before 1.8: between loopback and the included ranges. */
export const rerouteReturnsLate: Concern = ({ family, values, has }) => {
  if (!has('rerouteInterfaces') || has('rerouteFirst')) return [];
  // From 1.2 on IPv6 returns only where everything is included: see rerouteAll.
  return family === 'ip6' && has('ranges6') ? [] : values['interfaces.reroute'].map((name) => returnFrom(name));
};

/** Where everything outbound is captured, so is what enters by rerouted interfaces. */
export function rerouteAll({ family, values, has }: Context): readonly Step[] {
  if (!has('rerouteInterfaces') || (family === 'ip6' && !has('ranges6'))) return [];
  return values['interfaces.reroute'].map((name) =>
    // IPv6 returned here, too, until it became the mirror of IPv4.
    family === 'ip6' && !has('mirrored6')
      ? returnFrom(name, has('rerouteFirst') ? '-again' : '')
      : insert(1, 'nat', 'PREROUTING', [match('in-interface', name)], jump('ISTIO_REDIRECT'), {
          ...reroute(name),
          id: `nat.reroute.${name}`,
        }),
  );
}
