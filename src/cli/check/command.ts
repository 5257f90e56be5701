/** The words of `check` on the command line. */

import type { CommandModule } from 'yargs';
import { implicitSource } from '../../sources/implicit-source.ts';
import { isLive, SOURCE_OPTIONS } from '../live-options.ts';
import { withDashes } from '../lone-dashes.ts';
import { valued } from '../option-rows.ts';
import type { Parsed } from '../options.ts';
import { CLUSTER_SOURCES, COLOR_OPTIONS, FAMILY_OPTIONS, givenOf, outputOf, outputOption, planOptions } from '../options.ts';
import type { Result } from '../result.ts';
import { finish } from '../result.ts';
import { withSender } from '../trace/target.ts';
import type { CheckRequest } from './check.ts';

const CHECK_OPTIONS = {
  ...valued('Packet', {
    from: 'A connection to trace: from app, proxy, outside, uid:1000,gid:1000',
    to: 'and to 10.0.0.5:80, pod:8080, localhost:80',
  }),
  ...SOURCE_OPTIONS,
  ...FAMILY_OPTIONS,
  ...outputOption('text, json, or markdown for a ticket'),
  ...COLOR_OPTIONS,
};

export const checkCommand: CommandModule = {
  command: 'check [source..]',
  describe: 'Show whose rules these are, what differs, and what to do',
  builder: (command) =>
    command
      .positional('source', {
        type: 'string',
        array: true,
        describe: `live, pid:N, netns:PATH, FILE, - (standard input), exec:TEXT, ${CLUSTER_SOURCES}, several of them as well; default: a pipe, what -f names, or live and this machine`,
      })
      .options(CHECK_OPTIONS)
      .example([
        ['$0 check', 'this network namespace, and this machine'],
        ['$0 check pid:4242', 'the pod of a process, from its node'],
        ['$0 check pid:4242 -f pod.yaml', 'compared with the desired rules of the pod'],
        ['$0 check -f pod.yaml', 'a manifest by itself; the same as check pod.yaml'],
        ['cat ticket.txt | $0 check', 'a pipe is read'],
        ['$0 check before.txt after.txt pod.yaml', 'several, one screen each'],
        ["$0 check live --release 1.20 -- -p 15001 -b '*'", 'compared with arguments of istio-iptables'],
        ['$0 check pid:4242 --from app --to 10.0.0.5:80', 'and what happens to a connection there'],
        ['$0 check saved.txt -o markdown', 'a saved file, for a ticket'],
        ['$0 check deploy/orders -n shop', 'a workload of the cluster, by kubectl'],
        ['$0 check deploy/orders -n shop --live', 'the rules in its pods now, compared with their manifests'],
      ])
      .epilogue(
        'Without settings the rules are compared with those of the settings found in them.\nExit codes: 0 as it should be, or no rules of Istio; 1 drift, a finding that is more than a note, or a run that failed; 2 bad input, or rules that can not be seen.',
      ),
  handler: (parsed) =>
    finish(async (paint) => {
      const { check } = await import('./check.ts');
      const given = planOptions(parsed);
      const words = [parsed['source'] ?? []].flat().map(String);
      // yargs leaves a lone dash out of a list, or hands it over as an empty text.
      const named = withDashes(
        process.argv.slice(2),
        words.filter((word) => word !== ''),
        CHECK_OPTIONS,
      );
      const request = {
        given,
        ...withSender(givenOf(parsed, 'from', 'to')),
        ...givenOf(parsed, 'family'),
        output: outputOf(parsed),
        paint,
      };
      if (isLive(parsed)) return checkLive(parsed, named, request);
      if (named.length > 1) return (await import('./several.ts')).checkSeveral(named, request);
      const source = implicitSource(named[0], given);
      return check({ ...request, ...(source === undefined ? {} : { source }) });
    }, parsed),
};

/** The pods of each word, each compared with its own manifest. */
async function checkLive(parsed: Parsed, named: readonly string[], request: Omit<CheckRequest, 'source'>): Promise<Result> {
  const { given } = request;
  const implied = named.length === 0 ? implicitSource(undefined, given) : undefined;
  const words = implied === undefined ? named : [implied];
  const { besideManifest, observeLive } = await import('../live.ts');
  return observeLive(parsed, given, { words, several: true }, async ({ podsOf, given: stoppable }) => {
    const listed = words.flatMap((word) => {
      const pods = podsOf(word);
      const live = pods.map((pod) => ({ source: pod.live, given: besideManifest(stoppable, pod) }));
      return pods.length === 0 ? [{ source: word, given: stoppable }] : live;
    });
    const [first, ...others] = listed;
    if (first !== undefined && others.length === 0) return (await import('./check.ts')).check({ ...request, ...first });
    return (await import('./several.ts')).checkSources(listed, request);
  });
}
