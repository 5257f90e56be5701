import type { Family } from '../../src/netfilter/family.ts';
import type { Header } from './tracing-header.ts';
import { readHeader } from './tracing-header.ts';

/** One thing that happened to a packet in a chain. */
export interface TraceEvent {
  /** The same for all events of one packet while it is in the kernel; some later packet may have it again. Absent on legacy. */
  readonly id?: number;
  readonly family: Family | 'inet';
  readonly table: string;
  readonly chain: string;
  readonly what: 'rule' | 'end-of-chain' | 'policy';
  /** The rule's handle; on legacy its position, 1-based. */
  readonly rule: number;
  /** Not told by legacy. */
  readonly verdict?: 'drop' | 'accept' | 'continue' | 'jump' | 'return' | undefined;
  /** With the first event of each built-in chain; on legacy with each event. */
  readonly header?: Header;
  /** Numbers of interfaces; 0 for none. */
  readonly in: number;
  readonly out: number;
  readonly mark: number;
  /** Legacy only: the number of the hook. */
  readonly hook?: number;
}

/** Where a rule stands, by its handle, in the order of its chain. */
export interface KernelRule {
  readonly family: Family | 'inet';
  readonly table: string;
  readonly chain: string;
  readonly handle: number;
}

const FAMILIES: Readonly<Record<number, Family | 'inet'>> = { 1: 'inet', 2: 'ip', 10: 'ip6' };
const NEW_RULE = 0x0a06;
const TRACE = 0x0a11;
const LOGGED = 0x0400;

const RULE = { table: 1, chain: 2, handle: 3 } as const;
const TRACED = {
  ...{ table: 1, chain: 2, handle: 3, type: 4, verdict: 5, id: 6, network: 8, transport: 9, in: 10, out: 12, mark: 14, policy: 16 },
} as const;
const LOG = { packet: 1, mark: 2, in: 4, out: 5, payload: 9, prefix: 10 } as const;

const POLICY = 1;
const VERDICTS: Readonly<Record<number, TraceEvent['verdict']>> = {
  ...{ 0: 'drop', 1: 'accept', [-1]: 'continue', [-2]: 'continue', [-3]: 'jump', [-4]: 'jump', [-5]: 'return' },
};

type Attributes = ReadonlyMap<number, Buffer>;

function* messagesOf(data: Buffer): Generator<readonly [kind: number, family: number, attributes: Buffer]> {
  for (let at = 0; at + 20 <= data.length; ) {
    const size = data.readUInt32LE(at);
    yield [data.readUInt16LE(at + 4), data.readUInt8(at + 16), data.subarray(at + 20, at + size)];
    at += (size + 3) & ~3;
  }
}

function attributesOf(data: Buffer): Attributes {
  const found = new Map<number, Buffer>();
  for (let at = 0; at + 4 <= data.length; ) {
    const size = data.readUInt16LE(at);
    // The two highest bits say how the value is written.
    found.set(data.readUInt16LE(at + 2) & 0x3fff, data.subarray(at + 4, at + size));
    at += (size + 3) & ~3;
  }
  return found;
}

function text(value: Buffer | undefined): string {
  if (value === undefined) return '';
  const end = value.indexOf(0);
  return value.toString('latin1', 0, end < 0 ? value.length : end);
}

function number(value: Buffer | undefined): number {
  return value === undefined ? 0 : value.readUInt32BE(0);
}

/** A handle has 64 bits, of which a test uses few. */
function handle(value: Buffer | undefined): number {
  return value === undefined ? 0 : Number(value.readBigUInt64BE(0));
}

/** The rules of a dump. */
export function readRuleMessages(parts: readonly Buffer[]): readonly KernelRule[] {
  return parts.flatMap((part) =>
    [...messagesOf(part)].flatMap(([kind, number, data]): readonly KernelRule[] => {
      const family = FAMILIES[number];
      if (kind !== NEW_RULE || family === undefined) return [];
      const found = attributesOf(data);
      return [{ family, table: text(found.get(RULE.table)), chain: text(found.get(RULE.chain)), handle: handle(found.get(RULE.handle)) }];
    }),
  );
}

/** What nf_tables tells of a packet. */
export function readTraceMessages(parts: readonly Buffer[]): readonly TraceEvent[] {
  return parts.flatMap((part) =>
    [...messagesOf(part)].flatMap(([kind, of, data]): readonly TraceEvent[] => {
      if (kind !== TRACE) return [];
      const found = attributesOf(data);
      const rule = handle(found.get(TRACED.handle));
      // Only the type of a policy is told the same way by all kernels.
      const what = number(found.get(TRACED.type)) === POLICY ? 'policy' : rule === 0 ? 'end-of-chain' : 'rule';
      const network = found.get(TRACED.network);
      const header = network === undefined ? null : readHeader(network, found.get(TRACED.transport));
      const code = what === 'policy' ? found.get(TRACED.policy) : attributesOf(found.get(TRACED.verdict) ?? Buffer.alloc(0)).get(1);
      return [
        {
          id: number(found.get(TRACED.id)),
          family: FAMILIES[of] ?? 'inet',
          table: text(found.get(TRACED.table)),
          chain: text(found.get(TRACED.chain)),
          what,
          rule,
          verdict: code === undefined ? 'continue' : VERDICTS[code.readInt32BE(0)],
          ...(header && { header }),
          in: number(found.get(TRACED.in)),
          out: number(found.get(TRACED.out)),
          mark: number(found.get(TRACED.mark)),
        },
      ];
    }),
  );
}

const LOG_PREFIX = /^TRACE: (\w+):(\S+):(rule|return|policy):(\d+) $/;

/** What iptables-legacy tells of a packet through the packet log. */
export function readLogMessages(parts: readonly Buffer[]): readonly TraceEvent[] {
  return parts.flatMap((part) =>
    [...messagesOf(part)].flatMap(([kind, , data]): readonly TraceEvent[] => {
      if (kind !== LOGGED) return [];
      const found = attributesOf(data);
      const [, table = '', chain = '', what, rule] = LOG_PREFIX.exec(text(found.get(LOG.prefix))) ?? [];
      const payload = found.get(LOG.payload);
      const header = payload === undefined ? null : readHeader(payload);
      if (header === null) return [];
      return [
        {
          family: header.family,
          table,
          chain,
          what: what === 'policy' ? 'policy' : what === 'return' ? 'end-of-chain' : 'rule',
          rule: Number(rule),
          header,
          in: number(found.get(LOG.in)),
          out: number(found.get(LOG.out)),
          mark: number(found.get(LOG.mark)),
          hook: found.get(LOG.packet)?.readUInt8(2) ?? 0,
        },
      ];
    }),
  );
}
