/** The words of `trace` on the command line. */

import type { CommandModule, Options } from 'yargs';
import { STORY_IDS } from '../../istio/packets/stories/table.ts';
import { VERDICTS } from '../../istio/packets/verdict.ts';
import { badOption } from '../../sources/bad-option.ts';
import { implicitSource } from '../../sources/implicit-source.ts';
import { isLive, LIVE_OPTIONS } from '../live-options.ts';
import {
  CLUSTER_OPTIONS,
  COLOR_OPTIONS,
  FAMILY_OPTIONS,
  last,
  outputOption,
  SETTINGS_OPTIONS,
  SOURCES,
  sourceOperand,
  sourceOptions,
} from '../options.ts';
import { finish } from '../terminal/result.ts';
import { WORKLOAD_OPTIONS, workloadOption } from '../workloads/option.ts';
import type { TraceWords } from './question.ts';
import { operandsOf, refuseNeither, withTarget } from './target.ts';

const PACKET = 'Packet:';

/** What to trace. */
const TRACE_OPTIONS: Readonly<Record<string, Options>> = {
  from: { type: 'string', requiresArg: true, describe: 'Who sends it: app, proxy, outside, uid:1000,gid:1000', group: PACKET },
  to: {
    type: 'string',
    requiresArg: true,
    describe: 'Where it goes: 10.0.0.5:80, [2001:db8::1]:80, pod:8080, localhost:80',
    group: PACKET,
  },
  source: { type: 'string', requiresArg: true, describe: 'Where it comes from: ADDRESS or ADDRESS:PORT', group: PACKET },
  in: { type: 'string', requiresArg: true, describe: 'The interface it arrives at (default: any but lo)', group: PACKET },
  out: { type: 'string', requiresArg: true, describe: 'The interface it leaves by (default: as it is routed)', group: PACKET },
  protocol: { type: 'string', requiresArg: true, describe: 'tcp (default), udp or icmp', group: PACKET },
  state: { type: 'string', requiresArg: true, describe: 'new (default), established, related, invalid or untracked', group: PACKET },
  mark: { type: 'string', requiresArg: true, describe: 'The mark it is born with (default: 0)', group: PACKET },
  request: {
    alias: 'r',
    type: 'string',
    requiresArg: true,
    describe: 'A whole request instead: client-to-app, app-to-service, ...',
    group: PACKET,
  },
  port: { type: 'string', requiresArg: true, describe: 'All that happens to a port instead', group: PACKET },
  rule: {
    type: 'string',
    requiresArg: true,
    describe: 'All packets that a rule matches instead: its id, or nat/ISTIO_OUTPUT/9',
    group: PACKET,
  },
  proxy: {
    type: 'string',
    requiresArg: true,
    describe: 'Who the proxy really runs as, where it is not whom the rules name: uid:1001,gid:1001',
    group: PACKET,
  },
  resolve: { type: 'boolean', default: false, describe: 'Look names up; otherwise they are addresses outside', group: PACKET },
  observe: {
    type: 'boolean',
    default: false,
    describe: 'Watch a real packet of this kind in a live SOURCE, and compare',
    group: 'Observe:',
  },
  connect: { type: 'boolean', default: false, describe: 'Make the connection to observe; otherwise wait for one', group: 'Observe:' },
  timeout: { type: 'string', requiresArg: true, describe: 'How long to wait for it (default: 30s)', group: 'Observe:' },
  'before-proxy': { type: 'boolean', default: false, describe: 'The proxy does not listen yet', group: PACKET },
};

export const traceCommand: CommandModule = {
  command: 'trace [SOURCE] [TO]',
  describe: 'Follow a packet, or a whole request, through the rules',
  builder: (command) =>
    command
      // In capitals, for there is an option --source.
      .positional('SOURCE', sourceOperand(`${SOURCES}; default: the settings given`))
      .positional('TO', { type: 'string', describe: 'The same as --to; from the app, or from outside where it is pod:PORT' })
      .options(TRACE_OPTIONS)
      .options(SETTINGS_OPTIONS)
      .options({ ...CLUSTER_OPTIONS, ...LIVE_OPTIONS })
      .options(WORKLOAD_OPTIONS)
      .options(FAMILY_OPTIONS)
      .options({
        output: outputOption('text, json, markdown, svg, mermaid or dot'),
        'all-rules': {
          type: 'boolean',
          default: false,
          describe: 'Show each rule that was met, and why it did not match',
          group: 'Output:',
        },
        verbose: { type: 'boolean', default: false, describe: 'The same as --all-rules', group: 'Output:' },
        tcpdump: {
          type: 'boolean',
          default: false,
          describe: 'Show what tcpdump sees of each connection, and on which interface',
          group: 'Output:',
        },
        expect: { type: 'string', requiresArg: true, describe: 'The expected verdict: exit code 1 for any other', group: 'Output:' },
        assume: { type: 'string', requiresArg: true, describe: 'shown: tables that the source does not show do nothing', group: 'Output:' },
        ...COLOR_OPTIONS,
      })
      .example([
        ['$0 trace 10.0.0.5:80', "from the app, by the injector's defaults of the newest release"],
        ['$0 trace pod.yaml pod:8080', 'from outside, in a pod of which there is a manifest'],
        ['$0 trace pid:4242 --from outside --to pod:8080', 'in the pod of a process'],
        ['$0 trace saved.txt --from app --to 10.0.0.5:80 --all-rules', 'each rule of a saved file'],
        ['$0 trace @1.12 --from outside --to pod:22 --expect direct', 'for a script'],
        ['$0 trace --request app-to-itself', 'a whole request'],
        ['$0 trace live --request client-to-app --to pod:9090', 'a whole request to a port'],
        ['$0 trace --port 15020', 'all that happens to a port'],
        ['$0 trace deploy/orders pod:8080 -n shop --live', 'by the rules that are in a pod of the cluster now'],
        ['$0 trace netns:/run/netns/pod 10.0.0.5:80 --observe --connect', 'a real packet, beside what is predicted for it'],
      ])
      .epilogue(epilogue()),
  handler: (parsed) =>
    finish(async (paint) => {
      const { trace } = await import('./trace.ts');
      const one = (name: string, key: string = name): object => {
        const value = last(parsed, name);
        return value === undefined ? {} : { [key]: value };
      };
      const given = { ...sourceOptions(parsed), ...workloadOption(parsed) };
      const operands = operandsOf(last(parsed, 'SOURCE'), last(parsed, 'TO'));
      const { source: named, to } = operands;
      const source = implicitSource(named, given);
      const { observeOptions } = await import('./observe.ts');
      const observing = parsed['observe'] === true || parsed['connect'] === true || last(parsed, 'timeout') !== undefined;
      const words: TraceWords = Object.assign({}, ...WORDS.map((name) => one(name)));
      refuseNeither(operands, words);
      const request = {
        output: last(parsed, 'output') ?? '',
        ...one('family'),
        ...one('proxy'),
        ...one('assume'),
        ...one('expect'),
        words: to === undefined ? words : withTarget(words, to),
        resolve: parsed['resolve'] === true,
        beforeProxy: parsed['before-proxy'] === true,
        ...(observing && { observe: observeOptions(parsed['connect'] === true, last(parsed, 'timeout')) }),
        all: parsed['all-rules'] === true || parsed['verbose'] === true,
        tcpdump: parsed['tcpdump'] === true,
        paint,
      };
      if (!isLive(parsed)) return trace({ ...request, ...(source === undefined ? {} : { source }), given });
      if (observing) throw badOption('--observe', 'does not go with --live: it watches on the node, as in trace pid:N --observe');
      return (await import('../live.ts')).lookLiveAtOne(parsed, given, source, (live, alone) =>
        trace({ ...request, source: live, given: alone }),
      );
    }, parsed),
};

/** The options that say what to trace. */
const WORDS = ['from', 'to', 'source', 'in', 'out', 'protocol', 'state', 'mark', 'request', 'port', 'rule'];

function epilogue(): string {
  return [
    `Verdicts: ${VERDICTS.join(', ')}.`,
    `Requests: ${STORY_IDS.join(', ')}.`,
    'Exit codes: 0; 1 not as expected or not as observed, or a request that loops; 2 bad input.',
  ].join('\n');
}
