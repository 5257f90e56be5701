/** The forms of a preview: one table. */

import type { DrawingForm } from '../../drawing/forms.ts';
import type { Family } from '../../netfilter/family.ts';
import { iptablesListing } from '../../netfilter/nft/iptables-listing.ts';
import { printNftJson, printNftRuleset, printNftScript } from '../../netfilter/nft/print.ts';
import type { NftRuleset } from '../../netfilter/nft/ruleset.ts';
import { NO_NFT } from '../../netfilter/nft/ruleset.ts';
import type { Annotate } from '../../netfilter/print.ts';
import { printCommands, printRestore, printSave } from '../../netfilter/print.ts';
import { quoteForShell } from '../../netfilter/words.ts';
import type { RulesView } from '../../sources/rules-text.ts';

interface Form {
  readonly what: string;
  /** Whether the form holds the rules of one family only, as its program reads them. */
  readonly oneFamily: boolean;
  /** Whether the form shows numbers where settings may have names. */
  readonly numbers: boolean;
  /** Which rules it shows; all of them where it does not say. */
  readonly rules?: 'iptables' | 'nft';
  /** Whether a line behind a # is a comment in it. */
  readonly comments?: true;
  /** Whether iptables is to read it: words of a listing are none of a command. */
  readonly commands: boolean;
  readonly print: (view: RulesView, families: readonly Family[], explain: boolean) => string | Promise<string>;
}

/** The script of nft as single commands, each of which a shell takes. */
function nftCommands({ nft = NO_NFT, why }: RulesView, explain: boolean): string {
  const lines = printNftScript(nft, explain ? why : undefined).split('\n');
  return lines.map((line) => (line === '' ? '' : line.startsWith('#') ? `${line}\n` : `nft ${quoteForShell(line)}\n`)).join('');
}

/** A form of nft's own tables. */
function nftForm(what: string, print: (nft: NftRuleset, why: Annotate | undefined) => string): Form {
  return {
    what,
    oneFamily: false,
    numbers: true,
    commands: false,
    rules: 'nft',
    print: (view, _, explain) => print(view.nft ?? NO_NFT, explain ? view.why : undefined),
  };
}

function perFamily(print: (view: RulesView, family: Family, explain: boolean) => string): Form['print'] {
  return (view, families, explain) => families.map((family) => print(view, family, explain)).join('');
}

function drawn(form: DrawingForm): Form['print'] {
  return async (view, families) => {
    const [{ DRAWING_FORMS }, { drawRules }] = await Promise.all([
      import('../../drawing/forms.ts'),
      import('../../istio/pictures/view.ts'),
    ]);
    return DRAWING_FORMS[form](drawRules(view, families, view.name));
  };
}

export const FORMS = {
  restore: {
    comments: true,
    what: 'what iptables-restore reads in an empty namespace',
    rules: 'iptables',
    oneFamily: true,
    numbers: false,
    commands: true,
    print: perFamily(({ rules, why }, family, explain) => printRestore(rules[family], explain ? why : undefined)),
  },
  save: {
    comments: true,
    what: 'what iptables-save prints afterwards, in normal form',
    rules: 'iptables',
    oneFamily: true,
    numbers: true,
    commands: true,
    print: perFamily(({ rules, why }, family, explain) => printSave(rules[family], explain ? why : undefined)),
  },
  commands: {
    comments: true,
    what: 'one iptables or ip command a line',
    oneFamily: false,
    numbers: false,
    commands: true,
    print: (view, families, explain) =>
      families.map((family) => printCommands(view.rules[family], explain ? view.why : undefined)).join('') +
      nftCommands(view, explain) +
      view.commands.map((line) => `${line}\n`).join(''),
  },
  list: {
    what: 'the tables that iptables -L -n -v shows',
    rules: 'iptables',
    oneFamily: false,
    numbers: true,
    commands: false,
    print: async ({ rules, why }, families, explain) => {
      const { printList } = await import('../../netfilter/list/print-list.ts');
      return families.map((family) => printList(rules[family], explain ? why : undefined)).join('\n');
    },
  },
  nft: {
    what: 'what nft -s list ruleset shows, of tables of nft or of those of iptables-nft',
    oneFamily: false,
    numbers: true,
    commands: false,
    print: ({ nft, rules, why }, families, explain) =>
      nft === undefined
        ? families.map((family) => iptablesListing(rules[family], explain ? why : undefined)).join('')
        : printNftRuleset(nft, explain ? why : undefined),
  },
  'nft-script': nftForm('what nft -f reads to make the tables', (nft, why) => printNftScript(nft, why)),
  'nft-json': nftForm('what nft -j -f reads, in the shape of nft -j list ruleset', (nft) => printNftJson(nft)),
  json: {
    what: 'the plan as data',
    oneFamily: false,
    numbers: false,
    commands: false,
    print: (view) => `${JSON.stringify(view.document(), null, 2)}\n`,
  },
  yaml: {
    what: 'the same as YAML',
    oneFamily: false,
    numbers: false,
    commands: false,
    print: async (view) => (await import('../../istio/yaml.ts')).writeYaml(view.document()),
  },
  svg: { what: 'a picture of the chains', oneFamily: false, numbers: true, commands: false, print: drawn('svg') },
  mermaid: { what: 'the same for Mermaid', oneFamily: false, numbers: true, commands: false, print: drawn('mermaid') },
  dot: { what: 'the same for Graphviz', oneFamily: false, numbers: true, commands: false, print: drawn('dot') },
} as const satisfies Record<string, Form>;

/** The form of either kind of rules where nobody names one. */
export const ORDINARY: Readonly<Record<'iptables' | 'nft', FormName>> = { iptables: 'restore', nft: 'nft' };

export type FormName = keyof typeof FORMS;

export const FORM_NAMES: readonly FormName[] = Object.keys(FORMS) as FormName[];
