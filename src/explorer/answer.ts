/** Everything that the page shows of a question, as plain data: made in a worker, so that no paste can freeze the page. */

import { DRAWING_FORMS } from '../drawing/forms.ts';
import { printSource } from '../istio/origin.ts';
import { behaviorText, compareBehavior } from '../istio/packets/behavior.ts';
import type { Escape } from '../istio/packets/escapes.ts';
import { escapesOf } from '../istio/packets/escapes.ts';
import { packetText, placeText } from '../istio/packets/packet/text.ts';
import { packetFromWords } from '../istio/packets/packet/words.ts';
import type { PodNetwork } from '../istio/packets/pod-network.ts';
import { traceIn, verdictIn } from '../istio/packets/pod-network.ts';
import { hostOf } from '../istio/packets/trace-plan.ts';
import type { TrailLine } from '../istio/packets/trail.ts';
import { trailOf } from '../istio/packets/trail.ts';
import { verdictText } from '../istio/packets/verdict.ts';
import { drawRules } from '../istio/pictures/view.ts';
import { drawPacket } from '../istio/pictures/way.ts';
import { formatProblem, ProblemError } from '../istio/problems.ts';
import { printedSettings } from '../istio/settings/printed-settings.ts';
import type { Settings } from '../istio/settings/settings.ts';
import { FAMILIES, FAMILY_NAMES } from '../netfilter/family.ts';
import { printRule } from '../netfilter/print.ts';
import type { Question } from './question.ts';
import type { Subject } from './subject.ts';
import { podYaml, subjectOf } from './subject.ts';

export interface ShownRule {
  /** `ip nat ISTIO_OUTPUT 9`. */
  readonly id: string;
  readonly place: number;
  readonly text: string;
  readonly why: string;
  readonly settings: readonly string[];
  /** Packets that the kernel counted, where the text tells. */
  readonly packets: string;
}

export interface ShownChain {
  readonly title: string;
  readonly rules: readonly ShownRule[];
}

export interface ShownStep extends Pick<TrailLine, 'depth' | 'mark' | 'place' | 'text' | 'asides'> {
  /** The rule that it is about. */
  readonly rule: string;
}

export interface ShownWay {
  readonly verdict: string;
  readonly id: string;
  readonly packet: string;
  readonly taken: readonly string[];
  readonly steps: readonly ShownStep[];
  readonly picture: string;
}

export interface ShownEscape {
  readonly words: string;
  /** What to ask to see one of them go. */
  readonly from: Question['from'];
  readonly to: string;
}

export interface Answer {
  readonly title: string;
  readonly problems: readonly string[];
  readonly chains: readonly ShownChain[];
  readonly settings: readonly { readonly name: string; readonly value: string; readonly origin: string }[];
  readonly picture: string;
  /** Undefined where the packet's words are not understood, which `packetProblem` tells. */
  readonly way?: ShownWay;
  readonly packetProblem?: string;
  readonly escapes: readonly ShownEscape[];
  /** Undefined where nothing is compared. */
  readonly differences?: readonly string[];
  readonly yaml: string;
}

/** The whole answer. Never throws: what is wrong with the question is among the problems. */
export function answerTo(question: Question): Answer {
  try {
    return answerOf(question, subjectOf(question));
  } catch (error) {
    return {
      title: 'nothing to look at',
      problems: problemsIn(error),
      chains: [],
      settings: [],
      picture: '',
      escapes: [],
      yaml: podYaml(question),
    };
  }
}

function problemsIn(error: unknown): readonly string[] {
  if (error instanceof ProblemError) return error.problems.map(formatProblem);
  return [error instanceof Error ? error.message : String(error)];
}

function answerOf(question: Question, subject: Subject): Answer {
  const { title, network, problems, plan, reason } = subject;
  const base = { title, problems, settings: plan === undefined ? [] : settingsOf(plan.settings), yaml: podYaml(question) };
  if (network === undefined) return { ...base, chains: [], picture: '', escapes: [] };
  const { ports, plan: rules } = network;
  const full = FAMILIES.filter((family) => rules[family].tables.some(({ chains }) => chains.some((chain) => chain.rules.length > 0)));
  const why = (rule: Parameters<Subject['reason']>[0]): readonly string[] => [reason(rule) ?? []].flat();
  return {
    ...base,
    chains: chainsOf(network, reason),
    picture: DRAWING_FORMS.svg(drawRules({ rules, ports, why }, full, title)),
    escapes: full.flatMap((family) => (escapesOf(network, family) ?? []).map(shownEscape)),
    ...wayOf(question, subject, network),
    ...(question.against !== '' && { differences: differencesOf(question, network) }),
  };
}

function chainsOf({ plan }: PodNetwork, reason: Subject['reason']): readonly ShownChain[] {
  return FAMILIES.flatMap((family) =>
    plan[family].tables.flatMap((table) =>
      table.chains.map((chain) => ({
        title: `${FAMILY_NAMES[family]} ${table.name} ${chain.name}`,
        rules: chain.rules.map((rule, index) => ({
          id: ruleId(family, table.name, chain.name, index + 1),
          place: index + 1,
          text: printRule(rule),
          why: reason(rule) ?? '',
          settings: rule.because?.settings ?? [],
          packets: rule.counters === undefined ? '' : `${rule.counters.packets}`,
        })),
      })),
    ),
  ).filter(({ rules }) => rules.length > 0);
}

function ruleId(family: string, table: string, chain: string, position: number): string {
  return `${family} ${table} ${chain} ${position}`;
}

function settingsOf(settings: Settings): Answer['settings'] {
  const flat = (prefix: string, value: unknown): readonly (readonly [string, string])[] =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.entries(value).flatMap(([key, inner]) => flat(prefix === '' ? key : `${prefix}.${key}`, inner))
      : [[prefix, Array.isArray(value) ? value.join(', ') : String(value)]];
  return flat('', printedSettings(settings)).map(([name, value]) => {
    const given = settings[name as keyof Settings];
    return { name, value, origin: given === undefined ? '' : printSource(given.source) };
  });
}

function wayOf(question: Question, { reason, title }: Subject, network: PodNetwork): Pick<Answer, 'way' | 'packetProblem'> {
  const { from, to, protocol, state } = question;
  try {
    const host = hostOf(network.plan, network.facts, network.state);
    const spoken = packetFromWords({ from, to, protocol, state }, network.pod, host);
    const trace = traceIn(network, spoken.packet);
    const verdict = verdictIn(network, trace);
    const options = { podNetwork: network, reason: ({ rule }: { rule: Parameters<Subject['reason']>[0] }) => reason(rule), lines: false };
    const words = packetText(spoken.packet, spoken.sender);
    const { family } = spoken.packet;
    return {
      way: {
        verdict: verdictText(verdict),
        id: verdict.id,
        packet: words,
        taken: spoken.taken,
        steps: trailOf(trace, { ...options, all: true }).map(({ depth, mark, place, text, asides, step }) => ({
          depth,
          mark,
          place,
          text,
          asides,
          rule: step === undefined ? '' : ruleId(family, step.table, step.chain, step.position),
        })),
        picture: DRAWING_FORMS.svg(drawPacket(title, { words, trace, verdict }, { ...options, all: false })),
      },
    };
  } catch (error) {
    return { packetProblem: problemsIn(error).join('; ') };
  }
}

function shownEscape({ words, example, direction, verdict }: Escape): ShownEscape {
  const { destination, destinationPort } = example;
  const to = placeText(direction === 'inbound' ? 'pod' : destination, destinationPort);
  return { words: verdict === 'unknown' ? `${words} (not known)` : words, from: direction === 'inbound' ? 'outside' : 'app', to };
}

function differencesOf(question: Question, network: PodNetwork): readonly string[] {
  const other = subjectOf({ ...question, text: '', release: question.against });
  if (other.network === undefined) return other.problems;
  const { answer, different, unclear, more } = compareBehavior(network, other.network);
  if (answer === 'equal') return [`no packet goes elsewhere in ${question.against}`];
  const lines = [...different, ...unclear].map((region) => behaviorText(region, 'this', question.against));
  return more > 0 ? [...lines, `and ${more} more`] : lines;
}
