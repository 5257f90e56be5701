/** Texts that people hand over and that hold no rules: what they are, and what to give instead. */

interface NamedForm {
  readonly looks: (text: string) => boolean;
  /** A sentence. */
  readonly says: (text: string) => string;
}

const ASSIGNMENT = /^\s*(?:#|(?:export\s+)?\w+=|$)/;

const FORMS: readonly NamedForm[] = [
  {
    looks: (text) => text.length < 100_000 && /^(?:export\s+)?\w+=/m.test(text) && text.split('\n').every((line) => ASSIGNMENT.test(line)),
    says: () =>
      'These are variables, as the start of a virtual machine reads them: give them with --env-file, as in "istio-init explain --release RELEASE --env-file FILE --".',
  },
  {
    looks: (text) => VARIABLES.some((name) => text.includes(`${name}=`)) && /\b(?:Istio config|Variables|variables):/.test(text),
    says: (text) =>
      `This is the log of a run: its variables are here (${variablesIn(text).join(', ')}), and no rule or command is, so that nothing shows what it did. Look into the network namespace of the pod: sudo nsenter -t PID -n iptables-save`,
  },
];

/** Those of the block at the head of each log that say what is captured. */
const VARIABLES = [
  ...['PROXY_UID', 'INBOUND_INTERCEPTION_MODE', 'INBOUND_PORTS_INCLUDE', 'INBOUND_PORTS_EXCLUDE'],
  ...['OUTBOUND_IP_RANGES_INCLUDE', 'OUTBOUND_IP_RANGES_EXCLUDE', 'OUTBOUND_PORTS_INCLUDE', 'OUTBOUND_PORTS_EXCLUDE'],
];

/** A log in JSON has its line ends as `\\n`. */
function variablesIn(text: string): readonly string[] {
  return VARIABLES.flatMap((name) => {
    const value = new RegExp(`(?<![A-Z_])${name}=([^\\\\\\s"]+)`).exec(text)?.[1];
    return value === undefined ? [] : [`${name}=${value}`];
  });
}

/** What a text is that holds no rules; undefined where it is none of these. */
export function namedForm(text: string): string | undefined {
  return FORMS.find(({ looks }) => looks(text))?.says(text);
}
