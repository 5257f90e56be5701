/** A drawing as data: boxes with rows, in lanes, and arrows between them. The writers beside this file make a text of it. */

/** What a box, a row or an arrow stands out for; most stand out for nothing. */
export type Mark = 'added' | 'removed' | 'moved' | 'taken' | 'aside' | 'good' | 'bad';

export interface Row {
  readonly text: string;
  /** What there is to know about it: shown where the reader points. */
  readonly about?: string;
  readonly mark?: Mark;
}

export interface Box {
  /** Unique in the drawing. */
  readonly id: string;
  readonly title: string;
  /** A chain of rules, somebody who sends or receives, or something that happens on the way. */
  readonly kind: 'chain' | 'actor' | 'event';
  readonly lane: string;
  readonly rows: readonly Row[];
  readonly mark?: Mark;
}

export interface Arrow {
  /** The box that it leaves, at a row (0-based) or as a whole. */
  readonly from: string;
  readonly row?: number;
  readonly to: string;
  readonly label?: string;
  readonly mark?: Mark;
}

/** A part of the drawing with a heading: a table, a connection. */
export interface Lane {
  readonly id: string;
  readonly title: string;
}

export interface Drawing {
  readonly title: string;
  /** One sentence for who can't see it. */
  readonly description: string;
  /** Whether arrows mostly lead to the right, with lanes below each other, or down, with lanes side by side. */
  readonly flow: 'right' | 'down';
  readonly lanes: readonly Lane[];
  readonly boxes: readonly Box[];
  readonly arrows: readonly Arrow[];
}
