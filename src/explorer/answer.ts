/** Everything that the page shows of a question, as plain data: made in a worker, so that no paste can freeze the page. */

import { DRAWING_FORMS } from '../drawing/forms.ts';
import { escapesOf } from '../istio/packets/escapes.ts';
import { drawRules } from '../istio/pictures/view.ts';
import { FAMILIES } from '../netfilter/family.ts';
import type { ChainView } from './answer/chains.ts';
import { chainsOf } from './answer/chains.ts';
import { commandOf } from './answer/command.ts';
import type { ComparisonView } from './answer/comparison.ts';
import { comparisonOf } from './answer/comparison.ts';
import type { FieldsView } from './answer/fields.ts';
import { fieldsOf } from './answer/fields.ts';
import type { LineMark } from './answer/marks.ts';
import { marksOf } from './answer/marks.ts';
import type { Part } from './answer/parts.ts';
import type { PathView } from './answer/path-views.ts';
import { pathView } from './answer/path-views.ts';
import { podYaml } from './answer/pod-yaml.ts';
import type { ProblemView } from './answer/problems.ts';
import { problemsIn, withoutPlace } from './answer/problems.ts';
import { questionPacket } from './answer/question-packet.ts';
import type { Subject } from './answer/subject.ts';
import { subjectOf } from './answer/subject.ts';
import type { Question, QuestionPacket } from './question.ts';
import { releaseOf } from './question.ts';

export interface EscapeView {
  readonly words: string;
  /** To see one of them go. */
  readonly ask: QuestionPacket | undefined;
}

export interface Answer {
  readonly kind: Subject['kind'];
  readonly title: string;
  readonly release: string;
  /** What a text with several things holds. */
  readonly parts: readonly Part[];
  readonly part: string;
  readonly problems: readonly ProblemView[];
  /** Of the lines of the text. */
  readonly marks: readonly LineMark[];
  readonly chains: readonly ChainView[];
  readonly fields: FieldsView;
  /** Of the rules, as SVG; empty where there are too many to look at. */
  readonly picture: string;
  readonly path?: PathView;
  /** Why the packet has no way. */
  readonly packetProblem?: string;
  readonly yaml: string;
  readonly command: string;
}

/** What takes longer, and comes after the answer. */
export interface Beyond {
  readonly escapes: readonly EscapeView[];
  readonly comparison?: ComparisonView;
}

/** The answer. Never throws: what is wrong with the question is among the problems. */
export function answerTo(question: Question): Answer {
  try {
    return answerOf(question, remembered(question));
  } catch (error) {
    const pasted = question.text.trim() !== '';
    const problems = problemsIn(error).map((one) => (pasted ? one : withoutPlace(one)));
    const fields = fieldsOf(question, { plan: undefined });
    const none = { release: releaseOf(question), parts: [], part: '', chains: [], picture: '' };
    return {
      ...none,
      ...{ kind: 'nothing', title: 'No rules: they are refused', problems, fields, marks: marksOf([], fields, problems) },
      ...copies(question),
    };
  }
}

/** The rest of the answer. Never throws. */
export function beyondOf(question: Question): Beyond {
  try {
    const subject = remembered(question);
    const comparison = comparisonOf(question, subject);
    return { escapes: subject.network === undefined ? [] : escapesIn(subject.network), ...(comparison && { comparison }) };
  } catch {
    return { escapes: [] };
  }
}

let last: { readonly key: readonly unknown[]; readonly subject: Subject } | undefined;

/** Reading a long text takes its time, and most questions are about the packet. */
function remembered(question: Question): Subject {
  const { text, part, release, dataplane, annotations, settings } = question;
  const key = [text, part, release, dataplane, JSON.stringify([annotations, settings])];
  if (last?.key.every((one, index) => one === key[index]) !== true) last = { key, subject: subjectOf(question) };
  return last.subject;
}

function copies(question: Question): Pick<Answer, 'yaml' | 'command'> {
  return { yaml: podYaml(question), command: commandOf(question) };
}

function answerOf(question: Question, subject: Subject): Answer {
  const { kind, title, release, parts, part, problems } = subject;
  const chains = chainsOf(subject);
  const fields = fieldsOf(question, subject);
  return {
    ...{ kind, title, release, parts, part, problems, chains, fields },
    marks: kind === 'pod' ? [] : marksOf(chains, fields, problems),
    picture: pictureOf(subject),
    ...pathView(question, subject),
    ...copies(question),
  };
}

// A picture of more is a wall.
const MOST_DRAWN = 400;

function pictureOf({ network, title }: Subject): string {
  if (network === undefined) return '';
  const { ports, plan: rules } = network;
  const sizes = FAMILIES.map((family) => ({
    family,
    size: rules[family].tables.reduce((sum, { chains }) => chains.reduce((all, chain) => all + chain.rules.length, sum), 0),
  }));
  if (sizes.reduce((sum, { size }) => sum + size, 0) > MOST_DRAWN) return '';
  const full = sizes.filter(({ size }) => size > 0).map(({ family }) => family);
  const why: Parameters<typeof drawRules>[0]['why'] = (rule) => [rule.because?.text ?? []].flat();
  return DRAWING_FORMS.svg(drawRules({ rules, ports, why }, full, title));
}

function escapesIn(network: NonNullable<Subject['network']>): readonly EscapeView[] {
  return FAMILIES.filter((family) => network.plan[family].tables.length > 0).flatMap((family) =>
    (escapesOf(network, family) ?? []).map(({ words, verdict, example }) => ({
      words: verdict === 'unknown' ? `${words} (not known)` : words,
      ask: questionPacket(example, network.pod),
    })),
  );
}
