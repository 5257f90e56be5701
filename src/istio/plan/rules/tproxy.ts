/** Marks that TPROXY needs beside ISTIO_INBOUND: so that replies and the proxy's own calls find their way. */

import { ALL_BITS } from '../../../netfilter/numbers.ts';
import { match, not } from '../../../netfilter/rule/match.ts';
import { ownedBy, ownerId, proxyOwners } from './owners.ts';
import { FROM_LOOPBACK_INTERFACE, marked, RETURN, setMark, TCP, TO_LOOPBACK_INTERFACE } from './parts.ts';
import type { Concern, Context, Step } from './step.ts';
import { append, insert } from './step.ts';

/** The mark of what the proxy sends to its own pod. */
const OWN_CALLS = 1338;

/** The tail of the program: it stands there with TPROXY even where no inbound port is wanted. */
export const tproxyMarks: Concern = (context) => {
  if (!context.tproxy) return [];
  if (context.has('tproxyLoopbackMark')) return loopbackMark(context);
  return context.has('tproxyConnmark') ? connectionMarks(context) : [];
};

function loopbackMark({ family, values, loopback }: Context): readonly Step[] {
  if (family === 'ip6') return [];
  return [
    append('mangle', 'OUTPUT', [match('source', loopback), not(match('destination', loopback)), TCP], setMark(values['tproxy.mark']), {
      id: 'mangle.mark-from-loopback',
      text: 'Replies from loopback to elsewhere are marked, so that routing delivers them to the proxy.',
      settings: ['mode', 'tproxy.mark'],
    }),
  ];
}

function connectionMarks(context: Context): readonly Step[] {
  const { values, has, loopback, passthrough } = context;
  const mark = values['tproxy.mark'];
  const all = { nfmask: ALL_BITS, ctmask: ALL_BITS };
  const settings = ['mode', 'tproxy.mark'] as const;
  const save = append(
    'mangle',
    'PREROUTING',
    [TCP, marked(mark)],
    { kind: 'CONNMARK', value: { action: 'save', ...all } },
    {
      id: 'mangle.save-mark',
      text: 'The mark of an inbound packet is kept with its connection.',
      settings,
    },
  );
  const restore = append(
    'mangle',
    'OUTPUT',
    [TCP, match('connmark', { value: mark, mask: ALL_BITS })],
    { kind: 'CONNMARK', value: { action: 'restore', ...all } },
    { id: 'mangle.restore-mark', text: 'Replies get the mark of their connection, so that routing delivers them to the proxy.', settings },
  );
  const skipMarked = insert(1, 'mangle', 'ISTIO_INBOUND', [TCP, marked(mark)], RETURN, {
    id: 'mangle.inbound-marked',
    text: 'Packets that carry the mark already are on their way.',
    settings,
  });
  if (!has('tproxyMark1338')) return [save, restore, skipMarked];
  const keep = append('mangle', 'OUTPUT', [TO_LOOPBACK_INTERFACE, TCP, marked(mark)], RETURN, {
    id: 'mangle.outbound-marked',
    text: 'Packets over lo that carry the mark keep it.',
    settings,
  });
  const ownCalls = proxyOwners(values).map((owner) =>
    append('mangle', 'OUTPUT', [TO_LOOPBACK_INTERFACE, TCP, not(match('destination', loopback)), ownedBy(owner)], setMark(OWN_CALLS), {
      id: `mangle.mark-own-calls.${ownerId(owner)}`,
      text: `What the proxy sends to its own pod gets mark ${OWN_CALLS}.`,
      settings: ['mode', owner.setting],
    }),
  );
  const passed = insert(2, 'mangle', 'ISTIO_INBOUND', [FROM_LOOPBACK_INTERFACE, TCP, match('source', passthrough)], RETURN, {
    id: 'mangle.inbound-from-proxy',
    text: `What the proxy delivers from ${passthrough.address} goes to the application.`,
    settings: ['mode'],
  });
  const unmarked = insert(3, 'mangle', 'ISTIO_INBOUND', [FROM_LOOPBACK_INTERFACE, TCP, not(marked(OWN_CALLS))], RETURN, {
    id: 'mangle.inbound-over-lo',
    text: "Over lo only the proxy's calls to its own pod come in.",
    settings: ['mode'],
  });
  return [save, keep, ...ownCalls, restore, skipMarked, passed, unmarked];
}
