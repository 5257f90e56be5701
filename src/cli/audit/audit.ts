/** `audit`: every pod of this node compared with what its proxy calls for; or the lines of many nodes merged. */

import { setTimeout } from 'node:timers/promises';
import { bounded } from '../../host/bounded.ts';
import { textsIn } from '../../host/files.ts';
import type { PodNamespace } from '../../host/pods/namespaces.ts';
import { podNamespaces } from '../../host/pods/namespaces.ts';
import type { Programs } from '../../host/run.ts';
import { programs } from '../../host/run.ts';
import { badOption, unusable } from '../../istio/bad-option.ts';
import type { SourceOptions } from '../../sources/options.ts';
import { refuseArgumentsBeside } from '../../sources/plan-input.ts';
import { injectionRequest } from '../../sources/workloads/injection-request.ts';
import type { Result } from '../result.ts';
import { BAD_INPUT, write } from '../result.ts';
import { formNamed } from '../terminal/form-name.ts';
import type { Desired } from './desired.ts';

import type { AuditedPod, Counts } from './line.ts';
import { countsOf, exitCodeOf, podLine, summaryLine } from './line.ts';
import { writeMetrics } from './metrics.ts';
import { serveMetrics } from './metrics-server.ts';
import { auditPod } from './pod.ts';
import { comparedByProbe } from './probe-addresses.ts';
import { mergeLines } from './summarize.ts';
import { SUMMARY_FORMS } from './summary-forms.ts';

export interface AuditRequest {
  readonly given: SourceOptions;
  /** Programs that run at a time. */
  readonly jobs: string;
  /** Seconds between two rounds; without it there is one. */
  readonly every?: string;
  /** The node's name; without it that which a proxy tells. */
  readonly node?: string;
  /** A file for node-exporter's textfile collector. */
  readonly metrics?: string;
  /** `ADDRESS:PORT` where Prometheus scrapes the figures. */
  readonly listen?: string;
  /** `text`: a table, in place of lines of JSON. */
  readonly output?: string;
  /** What starts programs, and what finds the pods: a test has its own. */
  readonly using?: Programs;
  readonly find?: () => readonly PodNamespace[];
}

const MOST_JOBS = 64;

/** Audits the node. Throws a ProblemError for options that can't be used, and where the node's processes can't be seen. */
export async function auditNode({
  given,
  jobs,
  every,
  node = '',
  metrics,
  listen,
  output: named = 'json',
  using = programs(),
  find = podNamespaces,
}: AuditRequest): Promise<Result> {
  refuseArgumentsBeside(given);
  const places = numberIn('--jobs', jobs, MOST_JOBS);
  const seconds = every === undefined ? undefined : secondsIn(every);
  const { mesh, at, installer } = await injectionRequest(given);
  const desired: Desired = {
    mesh,
    ...(at.kind === 'release' ? { release: at.release } : {}),
    ...(installer === undefined ? {} : { installer }),
  };
  const stop = new AbortController();
  const go = (): Promise<Round> => round({ desired, places, node, using, find, stop: stop.signal });
  const form = formNamed(named, ['text', 'json']);
  const printed = (lines: string): string => (form === 'json' ? lines : SUMMARY_FORMS.text(mergeLines([{ file: '-', text: lines }])));
  if (listen !== undefined && seconds === undefined)
    throw badOption('--listen', 'goes with --every: an audit of one round ends, and answers nobody');
  const scraped = listen === undefined ? undefined : await serveMetrics(listen);
  const measured = async (): Promise<Round> => {
    const done = await go();
    const figures = { verdicts: done.verdicts, seconds: done.seconds, at: Math.round(Date.now() / 1000) };
    if (metrics !== undefined) writeMetrics(metrics, figures);
    if (!stop.signal.aborted) scraped?.show(figures);
    return done;
  };
  if (seconds === undefined) {
    const { output, exitCode } = await measured();
    return { output: printed(output), form, exitCode, problems: [], notes: [] };
  }
  // Process 1 of a container dies of no signal that it does not listen to: the pod would be waited for.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort());
  // Nobody reads any more.
  process.stdout.on('error', () => stop.abort());
  for (;;) {
    const { output } = await measured();
    // A round that was broken off would pass for one in which pods have gone.
    if (!stop.signal.aborted) await write(printed(output), form);
    await setTimeout(seconds * 1000, undefined, { signal: stop.signal }).catch(() => undefined);
    if (!stop.signal.aborted) continue;
    scraped?.close();
    return { output: '', problems: [], notes: [], exitCode: 0 };
  }
}

interface Round extends Pick<Result, 'output' | 'exitCode'> {
  readonly verdicts: Counts;
  readonly seconds: number;
}

interface RoundOf {
  readonly desired: Desired;
  readonly places: number;
  readonly node: string;
  readonly using: Programs;
  readonly find: () => readonly PodNamespace[];
  /** No further pod is begun once it says so. */
  readonly stop: AbortSignal;
}

async function round({ desired, places, node, using, find, stop }: RoundOf): Promise<Round> {
  const begin = performance.now();
  const within = boundedPrograms(places, using);
  // As many pods as programs: each of them waits for its own most of the time.
  const turn = bounded(places);
  const looks = namespaces(find).map((pod) => turn(async () => (stop.aborted ? undefined : auditPod(pod, within, desired))));
  const seen = (await Promise.all(looks)).flatMap((pod) => pod ?? []);
  // They are all on this node, also those that don't tell it, and those that tell another.
  const name = node || (seen.find((pod) => pod.node !== '')?.node ?? '');
  const pods = comparedByProbe(seen.map((pod) => ({ ...pod, node: name }))).toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  const taken = Math.round(performance.now() - begin) / 1000;
  return {
    output: pods.map(podLine).join('') + summaryLine(pods, taken, name),
    exitCode: exitCodeOf(pods),
    verdicts: countsOf(pods),
    seconds: taken,
  };
}

function nameOf({ namespace, pod, pid }: AuditedPod): string {
  return `${namespace} ${pod} ${pid}`;
}

function namespaces(find: RoundOf['find']): readonly PodNamespace[] {
  try {
    return find();
  } catch (error) {
    throw unusable('audit', error);
  }
}

function boundedPrograms(places: number, using: Programs): Programs {
  const turn = bounded(places);
  return { ...using, run: (command) => turn(() => using.run(command)) };
}

/** The value of `--every`. Throws a ProblemError for what is no number of seconds up to a day. */
export function secondsIn(every: string): number {
  return numberIn('--every', every, 86_400);
}

function numberIn(option: string, text: string, most: number): number {
  if (!/^[1-9]\d{0,8}$/.test(text) || Number(text) > most)
    throw badOption(option, `${JSON.stringify(text)} is not a number from 1 to ${most}`);
  return Number(text);
}

/** Merges lines that audits of many nodes printed. Throws a ProblemError for files that can't be read. */
export function summarize(files: readonly string[], output: string): Result {
  const form = formNamed(output, SUMMARY_FORMS);
  const merged = mergeLines(files.flatMap((file) => textsIn(file, 'lines of audits (*.json); name a file that has some')));
  if (merged.lines === 0) throw badOption('--summarize', `${files.join(' ')} holds no line of an audit`);
  const notes =
    merged.otherLines === 0
      ? []
      : [`note: ${linesText(merged.otherLines)} of something else ${merged.otherLines === 1 ? 'was' : 'were'} ignored`];
  return {
    output: SUMMARY_FORMS[form](merged),
    form,
    problems: [],
    notes,
    exitCode: exitCodeOf(verdictsIn(merged)) || (merged.lacking + merged.unended.length + merged.cutLines > 0 ? BAD_INPUT : 0),
  };
}

function linesText(count: number): string {
  return `${count} ${count === 1 ? 'line' : 'lines'}`;
}

function verdictsIn({ verdicts }: ReturnType<typeof mergeLines>): readonly Pick<AuditedPod, 'verdict'>[] {
  return (Object.keys(verdicts) as AuditedPod['verdict'][]).map((verdict) => ({ verdict }));
}
