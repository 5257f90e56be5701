/** Texts that people hand over and that hold no rules: what they are, and what to give instead. */

import { nftItems } from '../../netfilter/nft-listing.ts';
import { isPieceOfXml } from '../../netfilter/read/xml.ts';
import { printedVariables, variableTexts } from '../arguments/printed-variables.ts';
import { meshConfigKey, valuesKey } from '../kubernetes/manifest/chart-keys.ts';
import type { YamlNode } from '../yaml.ts';
import { readYaml } from '../yaml.ts';

interface NamedForm {
  readonly matches: (text: string) => boolean;
  /** A sentence. */
  readonly describe: (text: string) => string;
}

const ASSIGNMENT = /^\s*(?:#|(?:export\s+)?\w+=|$)/;

const FORMS: readonly NamedForm[] = [
  {
    matches: (text) =>
      text.length < 100_000 && /^(?:export\s+)?\w+=/m.test(text) && text.split('\n').every((line) => ASSIGNMENT.test(line)),
    describe: () =>
      'These are variables, as the start of a virtual machine reads them: give them with --env-file, as in "istio-init explain --release RELEASE --env-file FILE --".',
  },
  {
    matches: (text) => valuesIn(text) !== undefined,
    describe: (text) =>
      `This is what a mesh is installed with (${valuesIn(text)}), and no rules or pods: give it beside manifests, as in "istio-init check pod.yaml --values FILE".`,
  },
  {
    matches: (text) => nftItems(text)?.every((item) => Object.hasOwn(item, 'metainfo')) === true,
    describe: () =>
      'This is the JSON of nft of a namespace without any table: nft holds no rule there, and what iptables-legacy holds it does not show (iptables-legacy-save).',
  },
  {
    matches: isPieceOfXml,
    describe: () =>
      'This is a piece out of the middle of what iptables-xml prints, and no table is named in it: give all of it, from <iptables-rules to </iptables-rules>.',
  },
  {
    matches: (text) => printedVariables(text) !== undefined,
    describe: (text) =>
      `This is the log of a run: its variables are here (${variableTexts(printedVariables(text) ?? new Map()).join(', ')}), and no rule or command is, so that nothing shows what it did. Look into the network namespace of the pod: sudo nsenter -t PID -n iptables-save`,
  },
];

/** The key that tells that a text is Helm values or a MeshConfig. */
function valuesIn(text: string): string | undefined {
  if (text.length > 1_000_000 || !/^["'{\s]*[a-zA-Z_]+["']?:/m.test(text)) return undefined;
  const documents = readYaml(text);
  if (!Array.isArray(documents)) return undefined;
  for (const document of documents as readonly YamlNode[]) {
    const key = valuesKey(document) ?? meshConfigKey(document);
    if (key !== undefined) return key;
  }
  return undefined;
}

/** What a text is that holds no rules; undefined where it is none of these. */
export function namedForm(text: string): string | undefined {
  return FORMS.find(({ matches }) => matches(text))?.describe(text);
}
