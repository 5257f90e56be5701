/** What was worked out once, by a text that says of what: the pods of a node are made of few settings. */

export class Memo<V> {
  readonly #most: number;
  readonly #known = new Map<string, V>();

  /** Holds so many; of one more it forgets all. */
  constructor(most: number) {
    this.#most = most;
  }

  /** What `make` makes of it, or made of it before: nobody may change that. */
  get(text: string, make: () => V): V {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const made = make();
    if (this.#known.size === this.#most) this.#known.clear();
    this.#known.set(text, made);
    return made;
  }
}
