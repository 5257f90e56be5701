/** `FILE#2`, `FILE#NAME`: one of several things on a page. */

import type { PagePart } from '../istio/found/page.ts';
import { system } from './system.ts';

/** What such a name means; undefined for one that is a file's own, or has no part. */
export function namedPart(file: string): { readonly page: string; readonly part: string } | undefined {
  const [, page, part] = /^(.+)#([^#]+)$/s.exec(file) ?? [];
  return page === undefined || part === undefined || system.exists(file) || !system.exists(page) ? undefined : { page, part };
}

/** The text of the part, or why there is none. */
export async function textOfPart(
  text: string,
  word: string,
): Promise<{ readonly text: string } | { readonly reason: string; readonly parts: string }> {
  const { partNamed, partsOf, partText } = await import('../istio/found/page.ts');
  const parts = partsOf(text);
  const found: readonly PagePart[] = partNamed(parts, word);
  const [only, second] = found;
  if (only !== undefined && second === undefined) return { text: only.text };
  const all = parts.length === 0 ? 'it holds neither manifests nor rules' : `it has ${parts.map(partText).join(', ')}`;
  return {
    parts: all,
    reason: only === undefined ? `has no part "${word}"; ${all}` : `has several parts of that name: ${found.map(partText).join(', ')}`,
  };
}
