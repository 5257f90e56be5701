/** The operands of a command as help shows them, in capitals as the field has it: `[SOURCE...]` for yargs' `[sources..]`. */

import type { Described } from '../described.ts';
import { SOURCES } from '../options.ts';

/** What help says of an operand. */
type OperandLine = readonly [name: string, about: string];

interface Operands {
  readonly usage: string;
  readonly lines: readonly OperandLine[];
}

/** Where the parser takes words of which it does not know what each is. */
const OWN: Readonly<Record<string, Operands>> = {
  why: {
    usage: 'SOURCE... [FROM ->] HOST:PORT',
    lines: [
      ['SOURCE', `${SOURCES}; several are read together`],
      [
        'FROM',
        "app (default), outside, proxy, uid:1000, or a workload as deploy/orders; in a shell the arrow is the word to, or '->' in quotes",
      ],
      ['HOST:PORT', '10.20.30.40:3306, [2001:db8::1]:80, mysql.db:3306, pod:8080 (from outside), localhost:80'],
    ],
  },
};

/** The operands of a command. */
export function operandsOf({ name, operands, positionals }: Described): Operands {
  return (
    OWN[name] ?? {
      usage: operands.replace(/(\w+)\.\./g, (_, word: string) => `${one(word)}...`).toUpperCase(),
      lines: Object.entries(positionals).map(([operand, { describe = '' }]) => [
        (operands.includes(`${operand}..`) ? one(operand) : operand).toUpperCase(),
        describe,
      ]),
    }
  );
}

/** Of a list, what one of it is called. */
function one(list: string): string {
  return list.replace(/s$/, '');
}
