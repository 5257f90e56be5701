/** The forms of a preview: one table. */

import type { Family } from '../../netfilter/family.ts';
import { printCommands, printRestore, printSave } from '../../netfilter/print.ts';
import type { RulesView } from '../../sources/rules-text.ts';

interface Form {
  readonly what: string;
  /** Whether the form holds the rules of one family only, as its program reads them. */
  readonly oneFamily: boolean;
  /** Whether the form shows numbers where settings may have names. */
  readonly numbers: boolean;
  readonly print: (view: RulesView, families: readonly Family[], explain: boolean) => string | Promise<string>;
}

function perFamily(print: (view: RulesView, family: Family, explain: boolean) => string): Form['print'] {
  return (view, families, explain) => families.map((family) => print(view, family, explain)).join('');
}

export const FORMS = {
  restore: {
    what: 'what iptables-restore reads in an empty namespace',
    oneFamily: true,
    numbers: false,
    print: perFamily(({ rules, why }, family, explain) => printRestore(rules[family], explain ? why : undefined)),
  },
  save: {
    what: 'what iptables-save prints afterwards, in normal form',
    oneFamily: true,
    numbers: true,
    print: perFamily(({ rules, why }, family, explain) => printSave(rules[family], explain ? why : undefined)),
  },
  commands: {
    what: 'one iptables or ip command a line',
    oneFamily: false,
    numbers: false,
    print: (view, families, explain) =>
      families.map((family) => printCommands(view.rules[family], explain ? view.why : undefined)).join('') +
      view.commands.map((line) => `${line}\n`).join(''),
  },
  list: {
    what: 'the tables that iptables -L -n -v shows',
    oneFamily: false,
    numbers: true,
    print: async ({ rules, why }, families, explain) => {
      const { printList } = await import('../../netfilter/print-list.ts');
      return families.map((family) => printList(rules[family], explain ? why : undefined)).join('\n');
    },
  },
  json: { what: 'the plan as data', oneFamily: false, numbers: false, print: (view) => `${JSON.stringify(view.document(), null, 2)}\n` },
  yaml: {
    what: 'the same as YAML',
    oneFamily: false,
    numbers: false,
    print: async (view) => (await import('../../istio/yaml.ts')).writeYaml(view.document()),
  },
} as const satisfies Record<string, Form>;

export type FormName = keyof typeof FORMS;

export const FORM_NAMES: readonly FormName[] = Object.keys(FORMS) as FormName[];
