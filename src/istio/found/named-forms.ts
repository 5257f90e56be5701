/** Texts that people hand over and that hold no rules: what they are, and what to give instead. */

interface NamedForm {
  readonly looks: (text: string) => boolean;
  /** A sentence. */
  readonly says: string;
}

const ASSIGNMENT = /^\s*(?:#|(?:export\s+)?\w+=|$)/;

const FORMS: readonly NamedForm[] = [
  {
    looks: (text) => text.length < 100_000 && /^(?:export\s+)?\w+=/m.test(text) && text.split('\n').every((line) => ASSIGNMENT.test(line)),
    says: 'These are variables, as the start of a virtual machine reads them: give them with --env-file, as in "istio-init explain --release RELEASE --env-file FILE --".',
  },
];

/** What a text is that holds no rules; undefined where it is none of these. */
export function namedForm(text: string): string | undefined {
  return FORMS.find(({ looks }) => looks(text))?.says;
}
