/** Rules of the program before 1.0. */

import { isBeforeKnown } from '../../found/identify/older-istio.ts';
import type { Check } from './subject.ts';

export const beforeKnown: Check = ({ seen }) =>
  isBeforeKnown(seen) ? [{ code: 'before-known', args: {}, family: 'ip', table: 'nat' }] : [];
