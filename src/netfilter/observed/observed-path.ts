/** The way of one packet as a kernel told it, put together from its events. */

import type { TracedHeader, TraceEvent } from './trace-lines.ts';
import { TRACING_CHAINS } from './tracing-table.ts';

/** A rule that the packet matched. */
export interface ObservedRule {
  readonly family: string;
  readonly table: string;
  readonly chain: string;
  readonly handle: number;
  /** As nft prints it; whatever its maker wrote. */
  readonly text: string;
  readonly verdict: string;
}

export type ObservedEnd =
  | { readonly kind: 'local'; readonly address: string | undefined; readonly port: number | undefined }
  | { readonly kind: 'left'; readonly device: string; readonly address: string | undefined; readonly port: number | undefined }
  | { readonly kind: 'dropped'; readonly by: string }
  /** No chain dropped it, and it came to none that ends a way. */
  | { readonly kind: 'not-told' };

export interface ObservedPath {
  /** As it was first seen. */
  readonly header: TracedHeader;
  readonly rules: readonly ObservedRule[];
  readonly end: ObservedEnd;
}

/** Collects events until a way has ended. */
export class PathWatcher {
  readonly #own: string;
  readonly #rules: ObservedRule[] = [];
  #id: string | undefined;
  #header: TracedHeader | undefined;
  #end: ObservedEnd | undefined;

  /** `own` is the name of the tracing table. */
  constructor(own: string) {
    this.#own = own;
  }

  /** Whether the way has ended: nothing more of it comes. */
  get ended(): boolean {
    return this.#end !== undefined;
  }

  /** The way as far as it was told; undefined where no packet was seen. */
  path(): ObservedPath | undefined {
    if (this.#header === undefined) return undefined;
    return { header: this.#header, rules: this.#rules, end: this.#end ?? { kind: 'not-told' } };
  }

  add(event: TraceEvent): void {
    if (this.ended) return;
    if (event.family === 'inet' && event.table === this.#own) this.#addOwn(event);
    else if (event.id === this.#id) this.#addOther(event);
  }

  #addOther({ family, table, chain, what }: TraceEvent): void {
    if (what.kind === 'rule') this.#rules.push({ family, table, chain, handle: what.handle, text: what.text, verdict: what.verdict });
    if (what.kind !== 'packet' && what.verdict === 'drop')
      this.#end = { kind: 'dropped', by: `${what.kind === 'rule' ? 'a rule' : 'the policy'} of ${chain} in ${family} ${table}` };
  }

  #addOwn({ id, chain, what }: TraceEvent): void {
    if (what.kind !== 'packet') return;
    const { header } = what;
    const { made, arrives, delivered } = TRACING_CHAINS;
    if (this.#header === undefined && (chain === made || (chain === arrives && header.inInterface !== 'lo'))) {
      this.#header = header;
      this.#id = id;
    }
    // What was sent to lo comes in there as another packet of the same source port.
    if (chain === arrives && header.inInterface === 'lo' && header.sourcePort === this.#header?.sourcePort) this.#id = id;
    if (id !== this.#id) return;
    const to = { address: header.destination, port: header.destinationPort };
    if (chain === delivered) this.#end = { kind: 'local', ...to };
    else if (chain === TRACING_CHAINS.leaves && header.outInterface !== 'lo')
      this.#end = { kind: 'left', device: header.outInterface ?? '', ...to };
  }
}
