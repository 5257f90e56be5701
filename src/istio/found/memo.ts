/** What was worked out once, by a text that says of what: the pods of a node are made of few settings. */

export class Memo<V> {
  readonly #most: number;
  readonly #weigh: (value: V) => number;
  readonly #known = new Map<string, V>();
  #held = 0;

  /** Holds so much, as each value is weighed; of more it forgets all. */
  constructor(most: number, weigh: (value: V) => number) {
    this.#most = most;
    this.#weigh = weigh;
  }

  /** What `make` makes of it, or made of it before: nobody may change that. */
  get(text: string, make: () => V): V {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const made = make();
    const weight = this.#weigh(made);
    if (this.#held + weight > this.#most) {
      this.#known.clear();
      this.#held = 0;
    }
    if (weight <= this.#most) {
      this.#known.set(text, made);
      this.#held += weight;
    }
    return made;
  }
}
