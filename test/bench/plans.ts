/** Plans of ordinary settings: how many can be made, and made and printed, in a second. */

import { injectedSettings } from '../../src/istio/kubernetes/ordinary-injection.ts';
import { planFor } from '../../src/istio/plan/plan.ts';
import { planFromArguments } from '../../src/istio/plan/plan-from-arguments.ts';
import { NEWEST } from '../../src/istio/releases/known.ts';
import { profileOf } from '../../src/istio/releases/profile.ts';
import { printRestore } from '../../src/netfilter/print.ts';
import { DEFAULT_POD } from '../default-pod.ts';
import { perSecond } from './rate.ts';
import type { Table } from './table.ts';

export function benchPlans(): Table {
  const settings = injectedSettings(profileOf(NEWEST));
  const rows = [
    ['plan of settings', perSecond(() => planFor(settings, NEWEST))],
    ['plan of arguments', perSecond(() => planFromArguments(DEFAULT_POD))],
    ['plan of arguments, printed for iptables-restore', perSecond(() => printRestore(planFromArguments(DEFAULT_POD).ip))],
  ] as const;
  return {
    title: 'Plans of a default pod',
    head: ['', 'per second'],
    rows: rows.map(([what, rate]) => [what, Math.round(rate).toString()]),
    limits: [],
  };
}
