import type { Ranges, Value } from '../address/ranges.ts';
import type { Family } from '../family.ts';
import type { Answer, Question } from '../trace/result.ts';
import type { SetId } from './diagram.ts';
import { Diagrams } from './diagram.ts';
import type { FieldName, NumberName, Space, WordName } from './space.ts';
import { FIELDS, fieldNumber, placesIn } from './space.ts';

/** A question, and the field that its answers are values of. Two sides that ask the same at the same place share it. */
export interface OpenQuestion {
  readonly field: number;
  readonly question: Question;
  readonly answers: readonly Answer[];
}

export class Arena {
  readonly family: Family;
  readonly space: Space;
  readonly diagrams: Diagrams;
  readonly questions: OpenQuestion[] = [];
  /** Whether a rule asks if a flow has a translation. */
  readonly dependsOnTranslation: boolean;
  readonly #known = new Map<string, OpenQuestion>();
  readonly #ranges = new WeakMap<Ranges, Map<FieldName, SetId>>();

  constructor(family: Family, space: Space, hasTranslation: boolean, effort?: number) {
    this.family = family;
    this.space = space;
    this.dependsOnTranslation = hasTranslation;
    this.diagrams = new Diagrams(
      FIELDS.map((field) => space[field].length),
      effort,
    );
  }

  /** The packets with a field in the ranges. */
  inRanges(field: NumberName, ranges: Ranges): SetId {
    const known = this.#ranges.get(ranges) ?? new Map<FieldName, SetId>();
    this.#ranges.set(ranges, known);
    const before = known.get(field);
    if (before !== undefined) return before;
    const set = this.diagrams.where(fieldNumber(field), placesIn(this.space[field], ranges));
    known.set(field, set);
    return set;
  }

  /** The packets with this value of a field. */
  inRange(field: NumberName, value: Value): SetId {
    const place = this.space[field].findIndex(({ first, last }) => first <= value && value <= last);
    const range = this.space[field][place];
    if (range?.first !== value || range.last !== value) throw new Error(`${field} ${value} is not distinguished from others`);
    return this.at(field, place);
  }

  /** The packets with one atom of a field. */
  at(field: FieldName, place: number): SetId {
    return this.diagrams.where(
      fieldNumber(field),
      this.space[field].map((_, index) => index === place),
    );
  }

  /** The packets with a word in a field. */
  ofWord(field: WordName, word: string): SetId {
    return this.at(field, (this.space[field] as readonly string[]).indexOf(word));
  }

  /** The packets for which a question has this answer. */
  answered(key: string, question: Question, answers: readonly Answer[], answer: Answer): SetId {
    const open = this.#known.get(key) ?? this.#open(key, question, answers);
    return this.diagrams.where(
      open.field,
      open.answers.map((one) => one === answer),
    );
  }

  #open(key: string, question: Question, answers: readonly Answer[]): OpenQuestion {
    const open = { field: this.diagrams.addField(answers.length), question, answers };
    this.questions.push(open);
    this.#known.set(key, open);
    return open;
  }
}

/** The first field that is no field of a packet but the answer to a question. */
export const FIRST_QUESTION = FIELDS.length;
