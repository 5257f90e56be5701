/** The words of `trace` on the command line. */

import type { CommandModule } from 'yargs';
import { badOption } from '../../istio/bad-option.ts';
import { STORY_IDS } from '../../istio/packets/stories/table.ts';
import { VERDICTS } from '../../istio/packets/verdict.ts';
import { implicitSource } from '../../sources/implicit-source.ts';
import { isLive, SOURCE_OPTIONS } from '../live-options.ts';
import { rememberOperands } from '../next/typed-call.ts';
import { atOneSource } from '../one-source.ts';
import { flags, valued } from '../option-rows.ts';
import { COLOR_OPTIONS, FAMILY_OPTIONS, givenOf, last, outputOf, outputOption, planOptions, SOURCES, sourceOperand } from '../options.ts';
import { finish } from '../result.ts';
import { operandsOf, refuseNeither, withSender, withTarget } from './target.ts';

/** The options that say what to trace. */
const WORDS = valued('Packet', {
  from: 'Who sends it: app, proxy, outside, uid:1000,gid:1000',
  to: 'Where it goes: 10.0.0.5:80, [2001:db8::1]:80, pod:8080, localhost:80',
  source: 'Where it comes from: ADDRESS or ADDRESS:PORT',
  in: 'The interface it arrives at (default: any but lo)',
  out: 'The interface it leaves by (default: as it is routed)',
  protocol: 'tcp (default), udp or icmp',
  state: 'new (default), established, related, invalid or untracked',
  mark: 'The mark it is born with (default: 0)',
  request: { alias: 'r', describe: 'A whole request instead: client-to-app, app-to-service, ...' },
  port: 'All that happens to a port instead',
  rule: 'All packets that a rule matches instead: its id, or nat/ISTIO_OUTPUT/9',
});

const TRACE_OPTIONS = {
  ...WORDS,
  ...valued('Packet', { proxy: 'Who the proxy really runs as, where it is not whom the rules name: uid:1001,gid:1001' }),
  ...flags('Packet', {
    resolve: 'Look names up; otherwise they are addresses outside',
    'before-proxy': 'The proxy does not listen yet',
  }),
  ...flags('Observe', {
    observe: 'Watch a real packet of this kind in a live SOURCE, and compare',
    connect: 'Make the connection to observe; otherwise wait for one',
  }),
  ...valued('Observe', { timeout: 'How long to wait for it (default: 30s)' }),
};

export const traceCommand: CommandModule = {
  command: 'trace [SOURCE] [TO]',
  describe: 'Follow a packet, or a whole request, through the rules',
  builder: (command) =>
    command
      // In capitals, for there is an option --source.
      .positional('SOURCE', sourceOperand(`${SOURCES}; default: the settings given`))
      .positional('TO', { type: 'string', describe: 'The same as --to; from the app, or from outside where it is pod:PORT' })
      .options({
        ...TRACE_OPTIONS,
        ...SOURCE_OPTIONS,
        ...FAMILY_OPTIONS,
        ...outputOption('text, json, markdown, svg, mermaid or dot'),
        ...flags('Output', {
          'all-rules': 'Show each rule that was met, and why it did not match',
          verbose: 'The same as --all-rules',
          tcpdump: 'Show what tcpdump sees of each connection, and on which interface',
        }),
        ...valued('Output', {
          expect: 'The expected verdict: exit code 1 for any other',
          assume: 'shown: tables that the source does not show do nothing',
        }),
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
      const given = planOptions(parsed);
      const operands = operandsOf(last(parsed, 'SOURCE'), last(parsed, 'TO'));
      const { source: named, to } = operands;
      const source = implicitSource(named, given);
      rememberOperands(parsed, { SOURCE: source, TO: to });
      const { observeOptions } = await import('./observe.ts');
      const observing = parsed['observe'] === true || parsed['connect'] === true || last(parsed, 'timeout') !== undefined;
      const words = withSender(givenOf(parsed, ...(Object.keys(WORDS) as (keyof typeof WORDS)[])));
      refuseNeither(operands, words);
      const request = {
        output: outputOf(parsed),
        ...givenOf(parsed, 'family', 'proxy', 'assume', 'expect'),
        words: to === undefined ? words : withTarget(words, to),
        resolve: parsed['resolve'] === true,
        beforeProxy: parsed['before-proxy'] === true,
        ...(observing && { observe: observeOptions(parsed['connect'] === true, last(parsed, 'timeout')) }),
        all: parsed['all-rules'] === true || parsed['verbose'] === true,
        tcpdump: parsed['tcpdump'] === true,
        paint,
      };
      if (observing && isLive(parsed))
        throw badOption('--observe', 'does not go with --live: it watches on the node, as in trace pid:N --observe');
      return atOneSource(parsed, given, source, (of) => trace({ ...request, ...of }));
    }, parsed),
};

function epilogue(): string {
  return [
    `Verdicts: ${VERDICTS.join(', ')}.`,
    `Requests: ${STORY_IDS.join(', ')}.`,
    'Exit codes: 0; 1 not as expected or not as observed, or a request that loops; 2 bad input.',
  ].join('\n');
}
