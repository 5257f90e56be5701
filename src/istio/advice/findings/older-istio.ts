/** Rules of the program before 1.0. */

import { isOlderIstio } from '../../found/identify/older-istio.ts';
import type { Check } from './subject.ts';

export const olderIstio: Check = ({ seen }) => (isOlderIstio(seen) ? [{ code: 'before-known', args: {}, family: 'ip', table: 'nat' }] : []);
