/** Who sends a packet: `app`, `proxy`, `outside`, `uid:1000,gid:1000`. */

import { ALL_BITS } from '../../../netfilter/numbers.ts';
import { nearest, quoted } from '../../problems.ts';
import type { Pod } from '../pod.ts';

export type Sender =
  | { readonly kind: 'outside' }
  /** A process of the pod. */
  | {
      readonly kind: 'local';
      readonly who: 'app' | 'proxy' | 'process';
      readonly uid: number | undefined;
      readonly gid: number | undefined;
    };

export const SENDERS = ['app', 'proxy', 'outside'] as const;

/** Reads a sender; a text says what is wrong with it. */
export function readSender(text: string, { app, proxy }: Pick<Pod, 'app' | 'proxy'>): Sender | string {
  switch (text) {
    case 'outside':
      return { kind: 'outside' };
    case 'app':
      return { kind: 'local', who: 'app', ...app };
    case 'proxy':
      return { kind: 'local', who: 'proxy', ...proxy };
    default: {
      const owner = readOwner(text);
      if (owner === null) return `${quoted(text)} is not one of ${SENDERS.join(', ')}, or uid:1000,gid:1000${nearest(text, SENDERS)}`;
      return typeof owner === 'string' ? owner : { kind: 'local', who: 'process', ...owner };
    }
  }
}

/** `uid:1000,gid:1000`, or one of the two; null for another text, a text for what is wrong with it. */
export function readOwner(text: string): { readonly uid: number | undefined; readonly gid: number | undefined } | string | null {
  const ids = new Map<string, number>();
  for (const part of text.split(',')) {
    const [, key = '', value = ''] = /^(uid|gid):(.*)$/s.exec(part.trim()) ?? [];
    if (key === '') return null;
    if (ids.has(key)) return `${quoted(text)} has two of ${key}`;
    if (!/^(0|[1-9]\d{0,9})$/.test(value) || Number(value) >= ALL_BITS)
      return `${quoted(value)} is not the number of a ${key === 'uid' ? 'user' : 'group'}, as in ${key}:1000`;
    ids.set(key, Number(value));
  }
  return { uid: ids.get('uid'), gid: ids.get('gid') };
}
