/** The words of a rule of nft to expressions. What is not understood stays as it was written. */

import type { Assigned, Expression, Left, Right, Selector } from './expression.ts';
import { CT, META, PAYLOAD } from './expression.ts';

/** A word, and the text of the rule from it on: what is not understood is kept from there. */
interface Token {
  readonly text: string;
  readonly quoted: boolean;
}

const TOKEN = /"([^"]*)"|[{},]|[^\s{},]+/g;

function tokensOf(text: string): readonly Token[] {
  return [...text.matchAll(TOKEN)].map(([whole, inside]) => ({ text: inside ?? whole, quoted: inside !== undefined }));
}

const META_KEYS: readonly string[] = ['iifname', 'oifname', 'iif', 'oif', 'l4proto', 'nfproto', 'mark', 'skuid', 'skgid'];
// The older spelling leaves out `meta`.
const BARE_META: readonly string[] = ['iifname', 'oifname', 'iif', 'oif', 'mark', 'skuid', 'skgid'];
const PAYLOADS: Readonly<Record<string, readonly string[]>> = {
  ip: ['saddr', 'daddr', 'protocol'],
  ip6: ['saddr', 'daddr', 'nexthdr'],
  tcp: ['sport', 'dport'],
  udp: ['sport', 'dport'],
  th: ['sport', 'dport'],
};
const CT_KEYS: readonly string[] = ['state', 'mark', 'zone'];
const VERDICTS: Readonly<Record<string, Expression>> = {
  accept: { accept: null },
  drop: { drop: null },
  return: { return: null },
  queue: { queue: null },
};
/** Words with which something else begins: what is not understood ends before them. */
const BEGINNINGS: readonly string[] = [
  'counter',
  'jump',
  'goto',
  'redirect',
  'tproxy',
  'snat',
  'dnat',
  'masquerade',
  'log',
  'reject',
  'notrack',
  'continue',
  ...Object.keys(VERDICTS),
];
/** What is not read further, and of which it is known where it ends: what stands behind it is read again. Tokens are parted by a space each. */
const PHRASES: readonly RegExp[] = [
  /^limit rate (?:over )?\d+(?: \w+)?\/\w+(?: burst \d+ \w+)?(?= |$)/,
  /^ct state != \w+(?: \| \w+)+(?= |$)/,
  /^ct direction (?:!= )?(?:original|reply)(?= |$)/,
  /^fib [sd]addr(?: \. [io]if)? type (?:!= )?\w+(?= |$)/,
  /^(?:tcp|udp|th) [sd]port [<>]=? \d+(?= |$)/,
  /^meta length [<>]=? \d+(?= |$)/,
  /^tcp flags (?:!= )?\w+(?: , \w+)*(?: \/ \w+(?: , \w+)*)?(?= |$)/,
  /^tcp flags & \(\w+(?: \| \w+)*\) [!=]= \w+(?: \| \w+)*(?= |$)/,
];
const LONGEST_PHRASE = 24;

/** What may stand behind `log`, each with one word of its own. */
const LOG_OPTIONS: readonly string[] = ['prefix', 'group', 'snaplen', 'queue-threshold', 'level', 'flags'];

/** The expressions of a rule, without its handle. */
export function readExpressions(text: string): readonly Expression[] {
  const reader = new Reader(tokensOf(text.replace(/\s+# handle \d+\s*$/, '').trim()));
  const expressions: Expression[] = [];
  while (!reader.atEnd()) expressions.push(reader.expression());
  return expressions;
}

class Reader {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  atEnd(): boolean {
    return this.#at >= this.#tokens.length;
  }

  #peek(ahead = 0): string {
    return this.#tokens[this.#at + ahead]?.text ?? '';
  }

  #take(): string {
    this.#at += 1;
    return this.#tokens[this.#at - 1]?.text ?? '';
  }

  #takes(word: string): boolean {
    if (this.#peek() !== word || this.#tokens[this.#at]?.quoted === true) return false;
    this.#at += 1;
    return true;
  }

  expression(): Expression {
    const start = this.#at;
    const read = this.#known();
    if (read !== undefined) return read;
    this.#at = start;
    return { words: this.#unknown() };
  }

  /** The words up to the next that something else begins with, outside of braces. */
  #unknown(): string {
    const words: string[] = [];
    const next = this.#tokens.slice(this.#at, this.#at + LONGEST_PHRASE).map(({ text, quoted }) => (quoted ? `"${text}"` : text));
    const phrase = PHRASES.flatMap((pattern) => pattern.exec(next.join(' '))?.[0] ?? [])[0];
    if (phrase !== undefined) {
      this.#at += phrase.split(' ').length;
      return phrase.replaceAll(' ,', ',');
    }
    let depth = 0;
    do {
      const { text = '', quoted = false } = this.#tokens[this.#at] ?? {};
      if (!quoted) depth += text === '{' ? 1 : text === '}' ? -1 : 0;
      words.push(quoted ? `"${text}"` : text);
      this.#at += 1;
    } while (!this.atEnd() && (depth > 0 || this.#tokens[this.#at]?.quoted === true || !BEGINNINGS.includes(this.#peek())));
    return words.join(' ').replaceAll(' ,', ',');
  }

  #known(): Expression | undefined {
    const verdict = Object.hasOwn(VERDICTS, this.#peek()) ? VERDICTS[this.#take()] : undefined;
    if (verdict !== undefined) return verdict;
    if (this.#takes('counter')) return this.#counter();
    if (this.#takes('jump')) return { jump: { target: this.#take() } };
    if (this.#takes('goto')) return { goto: { target: this.#take() } };
    if (this.#takes('redirect')) return this.#redirect();
    if (this.#takes('tproxy')) return this.#tproxy();
    if (this.#takes('log')) return this.#log();
    for (const kind of ['snat', 'dnat'] as const) if (this.#takes(kind)) return this.#nat(kind);
    const selector = this.#selector();
    if (selector === undefined) return undefined;
    if (this.#peek() === '.') return this.#concatenation(this.#at - ('meta' in selector && this.#peek(-2) !== 'meta' ? 1 : 2));
    return this.#takes('set') ? this.#assignment(selector) : this.#match(selector);
  }

  /** `ip daddr . tcp dport @set`: what several fields are looked up in together is kept as words, to its end. */
  #concatenation(from: number): Expression | undefined {
    while (this.#takes('.')) if (this.#selector() === undefined) return undefined;
    this.#takes('!=');
    this.#takes('vmap');
    if (this.#takes('{')) while (!this.atEnd() && !this.#takes('}')) this.#at += 1;
    else if (!this.#take().startsWith('@')) return undefined;
    const words = this.#tokens.slice(from, this.#at).map(({ text, quoted }) => (quoted ? `"${text}"` : text));
    return { words: words.join(' ').replaceAll(' ,', ',') };
  }

  #quoted(): string {
    const { text = '', quoted = false } = this.#tokens[this.#at] ?? {};
    this.#at += 1;
    return quoted ? `"${text}"` : text;
  }

  #log(): Expression {
    const words = ['log'];
    while (LOG_OPTIONS.includes(this.#peek())) {
      words.push(this.#take(), this.#quoted());
      while (words.at(-2) === 'flags' && (this.#peek() === ',' || /^(?:sequence|options)$/.test(this.#peek()))) words.push(this.#take());
    }
    return { words: words.join(' ') };
  }

  #counter(): Expression | undefined {
    if (this.#takes('name')) return { words: `counter name ${this.#quoted()}` };
    if (this.#peek() !== 'packets') return { counter: null };
    const [packets, bytes] = [Number(this.#peek(1)), Number(this.#peek(3))];
    this.#at += 4;
    return Number.isSafeInteger(packets) && Number.isSafeInteger(bytes) ? { counter: { packets, bytes } } : { counter: null };
  }

  #redirect(): Expression | undefined {
    if (!this.#takes('to')) return { redirect: null };
    const port = /^:(\d+)$/.exec(this.#take())?.[1];
    return port === undefined ? undefined : { redirect: { port: Number(port) } };
  }

  #family(): string | undefined {
    return this.#peek() === 'ip' || this.#peek() === 'ip6' ? this.#take() : undefined;
  }

  #tproxy(): Expression | undefined {
    const family = this.#family();
    if (!this.#takes('to')) return undefined;
    const port = /^:(\d+)$/.exec(this.#take())?.[1];
    return port === undefined ? undefined : { tproxy: { ...(family === undefined ? {} : { family }), port: Number(port) } };
  }

  #nat(kind: 'snat' | 'dnat'): Expression | undefined {
    const family = this.#family();
    if (!this.#takes('to')) return undefined;
    const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^[\]:]+(?::[^:]*:.*)?))(?::(\d+))?$/.exec(this.#take()) ?? [];
    const addr = bracketed ?? plain;
    // Anything else is a map, or a number that is made up for each packet.
    if (addr === undefined || !/^[\da-f.:]+(?:-[\da-f.:]+)?$/i.test(addr)) return undefined;
    const shared = { ...(family === undefined ? {} : { family }), addr };
    if (kind === 'snat') return port === undefined ? { snat: shared } : undefined;
    return { dnat: { ...shared, ...(port === undefined ? {} : { port: Number(port) }) } };
  }

  #selector(): Selector | undefined {
    if (this.#tokens[this.#at]?.quoted === true) return undefined;
    const word = this.#take();
    if (word === 'meta') return META_KEYS.includes(this.#peek()) ? META(this.#take()) : undefined;
    if (word === 'ct') return CT_KEYS.includes(this.#peek()) ? CT(this.#take()) : undefined;
    if (BARE_META.includes(word)) return META(word);
    const fields = Object.hasOwn(PAYLOADS, word) ? PAYLOADS[word] : undefined;
    if (fields?.includes(this.#peek()) !== true) return undefined;
    const field = this.#take();
    return PAYLOAD(word, field);
  }

  #masked(selector: Selector): Left | undefined {
    if (!this.#takes('&') && !this.#takes('and')) return selector;
    const bits = numberOf(this.#take());
    return bits === undefined ? undefined : { '&': [selector, bits] };
  }

  #operator(): '|' | '^' | undefined {
    if (this.#takes('|') || this.#takes('or')) return '|';
    return this.#takes('^') || this.#takes('xor') ? '^' : undefined;
  }

  #match(selector: Selector): Expression | undefined {
    const left = this.#masked(selector);
    if (left === undefined) return undefined;
    const named = ['==', '!='].includes(this.#peek()) ? this.#take() : undefined;
    if (/^(?:[<>]=?|v?map)$/.test(this.#peek())) return undefined;
    const right = this.#right(left);
    // `!= new | untracked` compares with both bits at once.
    if (right === undefined || /^[|&^]$/.test(this.#peek())) return undefined;
    const states = 'ct' in left && left.ct.key === 'state';
    return { match: { op: named ?? (states ? 'in' : '=='), left, right } };
  }

  #right(left: Left): Right | undefined {
    const first = this.#takes('{') ? this.#members(left, '}') : this.#one(left);
    if (first === undefined || this.#peek() !== ',') return first;
    // States stand side by side: `established,related`.
    const list = [first];
    while (this.#takes(',')) list.push(this.#one(left) ?? '');
    return list.every((one) => typeof one === 'string' && one !== '') ? (list as string[]) : undefined;
  }

  #members(left: Left, end: string): Right | undefined {
    const set: Right[] = [];
    while (!this.atEnd()) {
      const one = this.#one(left);
      if (one === undefined) return undefined;
      set.push(one);
      if (this.#takes(end)) return { set };
      if (!this.#takes(',')) return undefined;
    }
    return undefined;
  }

  #one(left: Left): Right | undefined {
    const token = this.#tokens[this.#at];
    // A variable that nobody defines may be anything.
    if (token === undefined || (!token.quoted && /^(?:[{},]$|\$)/.test(token.text))) return undefined;
    this.#at += 1;
    if (token.quoted || isName(left)) return token.text;
    return rightOf(token.text);
  }

  #assignment(key: Selector): Expression | undefined {
    const number = numberOf(this.#peek());
    if (number !== undefined) {
      this.#at += 1;
      return { mangle: { key, value: number } };
    }
    const from = this.#selector();
    const left = from === undefined ? undefined : this.#masked(from);
    if (left === undefined) return undefined;
    const operator = this.#operator();
    if (operator === undefined) return { mangle: { key, value: left } };
    const bits = numberOf(this.#take());
    if (bits === undefined) return undefined;
    // As iptables' own translation of CONNMARK --set-xmark says it: `ct mark xor 0x111 and 0xfffff000` keeps those bits, and sets these.
    const kept = operator === '^' && !('&' in left) && this.#takes('and') ? numberOf(this.#take()) : undefined;
    if (kept !== undefined && !('&' in left))
      return (kept & bits) === 0 ? { mangle: { key, value: { '|': [{ '&': [left, kept] }, bits] } } } : undefined;
    const value: Assigned = operator === '|' ? { '|': [left, bits] } : { '^': [left, bits] };
    return { mangle: { key, value } };
  }
}

function isName(left: Left): boolean {
  return 'meta' in left && /^[io]if/.test(left.meta.key);
}

function numberOf(text: string): number | undefined {
  return /^(?:0x[0-9a-f]{1,8}|\d{1,10})$/i.test(text) ? Number(text) : undefined;
}

function rightOf(text: string): Right {
  const number = numberOf(text);
  if (number !== undefined) return number;
  const [, first, last] = /^(\d{1,10})-(\d{1,10})$/.exec(text) ?? [];
  if (first !== undefined && last !== undefined) return { range: [Number(first), Number(last)] };
  // nft 1.0.6 lists `ct mark & 0xf0000000 == 0` as `ct mark 0x00000000/4`.
  const [, addr, len] = /^([0-9a-f.:]+|0x[0-9a-f]{1,8})\/(\d{1,3})$/i.exec(text) ?? [];
  return addr !== undefined && len !== undefined ? { prefix: { addr, len: Number(len) } } : text;
}
