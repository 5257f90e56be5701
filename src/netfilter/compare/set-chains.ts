/** Sets and maps of nft's tables as chains of their elements, so that they are compared and told as rules are. */

import type { Family } from '../family.ts';
import type { NftSet, SetElement } from '../rule/nft-set.ts';
import type { Chain, Rule, Table } from '../rule.ts';

/** Whether a place of a difference is a set: no chain of nft has a name with a space. */
export function isSetPlace({ chain }: { readonly chain: string }): boolean {
  return /^(?:set|map) /.test(chain);
}

interface SetPair {
  readonly name: string;
  readonly left: Chain;
  readonly right: Chain;
}

/**
 * The sets that both sides show and that hold something of the family. One that a side alone has does nothing where no rule
 * names it, and a rule that does is another rule.
 */
export function setChains(left: Table | undefined, right: Table | undefined, family: Family): readonly SetPair[] {
  return (left?.sets ?? []).flatMap((one): readonly SetPair[] => {
    const other = right?.sets?.find(({ name }) => name === one.name);
    if (other === undefined || ofOtherFamily(one, family)) return [];
    const name = `${one.data === undefined ? 'set' : 'map'} ${one.name}`;
    return [{ name, left: chainOf(name, one), right: chainOf(name, other) }];
  });
}

function ofOtherFamily({ type }: NftSet, family: Family): boolean {
  return new RegExp(`\\b${family === 'ip' ? 'ipv6' : 'ipv4'}_addr\\b`).test(type);
}

/** In an order of their own: how they are listed is the listing program's affair. */
function chainOf(name: string, { elements }: NftSet): Chain {
  const texts = elements.map(elementText).sort();
  return { name, policy: '-', rules: texts.map(elementRule) };
}

function elementText({ value, to }: SetElement): string {
  // A single address is a network as well, and both are the same.
  const plain = value.replace(/\/32$/, '');
  return to === undefined ? plain : `${plain} : ${to}`;
}

function elementRule(text: string): Rule {
  return { matches: [], target: { kind: 'opaque', name: 'element', text }, text };
}
