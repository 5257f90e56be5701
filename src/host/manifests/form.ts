/** Whether a document is JSON or YAML, told by its first characters. */

export type Form = 'json' | 'yaml';

const BLANK = ' \t\r\n';

/**
 * Looks at a document's bytes until its form is known: JSON begins with an object, or with a list of objects; `{kind: Pod}`
 * is YAML, in a list as well. Comments, and the mark in front of a document, are passed over.
 */
export class FormFinder {
  /** How many bytes stand before the first character. */
  before = 0;
  /** Whether the document begins with a directive (`%YAML 1.2`): the mark behind it is still its own. */
  directive = false;
  #state: 'blank' | 'comment' | 'brace' | 'bracket' | 'known' = 'blank';
  #mark: number;

  /** `marked`: the document begins with its mark. */
  constructor(marked: boolean) {
    this.#mark = marked ? '---'.length : 0;
  }

  /** Whether there were only blanks and comments so far. */
  get isBlank(): boolean {
    return this.#state === 'blank' || this.#state === 'comment';
  }

  /** The form; undefined while it is not known. */
  observe(bytes: Buffer): Form | undefined {
    for (const byte of bytes) {
      const form = this.#step(String.fromCharCode(byte));
      if (form !== undefined) return form;
    }
    return undefined;
  }

  #step(character: string): Form | undefined {
    if (this.#state === 'brace' || this.#state === 'bracket') {
      if (BLANK.includes(character)) return undefined;
      if (this.#state === 'bracket' && character === '{') {
        this.#state = 'brace';
        return undefined;
      }
      return (this.#state === 'brace' ? '"}' : ']').includes(character) ? 'json' : 'yaml';
    }
    const passed = this.#mark > 0 || this.#state === 'comment' || BLANK.includes(character) || character === '#';
    if (passed) {
      this.before++;
      if (this.#mark > 0) this.#mark--;
      else if (character === '#') this.#state = 'comment';
      else if (character === '\n') this.#state = 'blank';
      return undefined;
    }
    this.directive = character === '%';
    this.#state = character === '{' ? 'brace' : character === '[' ? 'bracket' : 'known';
    return this.#state === 'known' ? 'yaml' : undefined;
  }
}
