import type { Family } from '../../netfilter/family.ts';
import { FAMILIES } from '../../netfilter/family.ts';
import { quoteForPasting } from '../../netfilter/words.ts';
import type { RuleSource } from '../../sources/rule-source.ts';
import { unseenText } from '../terminal/unread.ts';

const NAMES: Readonly<Record<Family, string>> = { ip: 'IPv4', ip6: 'IPv6' };

/** Sentences for standard error about rules of which these families are shown; `converted`: their tables of nft are shown as those of iptables. */
export function previewNotes(ruleSource: RuleSource, families: readonly Family[], converted: boolean): readonly string[] {
  return [...places(ruleSource), ...unseen(ruleSource), ...(converted ? [] : besides(ruleSource)), ...empty(ruleSource, families)].map(
    (text) => `note: ${text}`,
  );
}

/** `IPv4 mangle is in nft, IPv4 nat in legacy`; what is native to nft is not shown, and named as that. */
function places({ places = [] }: RuleSource): readonly string[] {
  const parts = places.filter(({ backend }) => backend !== 'native nft');
  if (parts.length === 0) return [];
  return [
    parts.map(({ family, table, backend }, index) => `${NAMES[family]} ${table} ${index === 0 ? 'is ' : ''}in ${backend}`).join(', '),
  ];
}

function unseen({ seen }: RuleSource): readonly string[] {
  return seen.unseen.map((one) => `not shown: ${unseenText(one)}`);
}

/** Tables of nft's own beside those of iptables, whose forms can't say them. */
function besides({ nft, plan, seen }: RuleSource): readonly string[] {
  if (nft !== undefined || plan !== undefined) return [];
  const names = FAMILIES.flatMap((family) => seen[family].tables.flatMap((table) => (table.nft === undefined ? [] : [table.name])));
  return [...new Set(names)].map((name) => `not shown: the table ${name} is nft's own, and nft list table ${tableWords(name)} shows it`);
}

/** Family and name, for a shell: in JSON of nft a name may be any text. */
function tableWords(name: string): string {
  const [family = '', ...rest] = name.split(' ');
  return `${family} ${quoteForPasting(rest.join(' '))}`;
}

function empty({ seen, places }: RuleSource, families: readonly Family[]): readonly string[] {
  return families
    .filter((family) => seen[family].tables.length === 0)
    .map((family) =>
      places === undefined || seen.seen[family] === 'all' ? `there are no ${NAMES[family]} rules` : `no ${NAMES[family]} rules can be seen`,
    );
}
