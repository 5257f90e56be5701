/** The concerns in the order in which a release's program emits them. */

import { dnsAfterRanges, dnsInChain, dnsInOutput } from './dns.ts';
import { legacyDns } from './dns-legacy.ts';
import { inbound } from './inbound.ts';
import { excludedInterfaces, rerouteReturns, rerouteReturnsLate } from './interfaces.ts';
import { droppedInvalid } from './invalid.ts';
import { includedPorts, includedRanges, outboundExceptions, outboundStart } from './outbound.ts';
import { ownerGroups, proxyTraffic } from './owners.ts';
import { redirectChains, tunnelPort } from './redirect.ts';
import type { Concern } from './step.ts';
import { tproxyMarks } from './tproxy.ts';

/** Each asks the profile whether its release has it; the order has never changed but for what two concerns say. */
export const CONCERNS: readonly Concern[] = [
  excludedInterfaces,
  rerouteReturns,
  droppedInvalid,
  tunnelPort,
  redirectChains,
  inbound,
  outboundStart,
  proxyTraffic,
  ownerGroups,
  dnsInOutput,
  ...dnsInChain,
  outboundExceptions,
  rerouteReturnsLate,
  includedPorts,
  includedRanges,
  legacyDns,
  dnsAfterRanges,
  tproxyMarks,
];
