/** Keys of Helm values that are not read, but look like one that is. */

import leven from 'leven';
import type { Forms } from './forms.ts';

/** The path that was probably meant by a key that is not among the known ones of its mapping. */
export function misspelt(key: string, path: string, siblings: ReadonlySet<string>, forms: Forms): string | undefined {
  // Short names, as `tag` and `cni`, are near to everything; very long ones are near to nothing.
  if (key.length < 5 || key.length > 40) return undefined;
  for (const sibling of siblings) {
    if (sibling.length >= 5 && leven(key.toLowerCase(), sibling.toLowerCase()) <= 2) return path === '' ? sibling : `${path}.${sibling}`;
  }
  // A value in another place than its own, or by the name that its annotation has.
  const value = key.replace('OutboundIPRanges', 'IPRanges');
  return /^(?:in|ex)clude/.test(key) ? [...forms.keys()].find((form) => form.endsWith(`.${value}`)) : undefined;
}
