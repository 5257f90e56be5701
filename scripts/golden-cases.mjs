// The golden cases as `conform` has them in the program, which runs where no golden/ is: JSON under Brotli, in base64 (30 KB of 3.7 MB).

import { readdirSync, readFileSync } from 'node:fs';
import { brotliCompressSync, constants } from 'node:zlib';
import { load } from 'js-yaml';

const FOLDERS = ['istio-iptables', 'command-line'];

/** All cases by their names, packed. */
export function packedCases() {
  const cases = FOLDERS.flatMap((name) => {
    const folder = new URL(`../golden/${name}/`, import.meta.url);
    return readdirSync(folder)
      .filter((file) => file.endsWith('.yaml'))
      .sort()
      .map((file) => [`${name}/${file.slice(0, -'.yaml'.length)}`, load(readFileSync(new URL(file, folder), 'utf8'))]);
  });
  const text = JSON.stringify(Object.fromEntries(cases));
  return brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS } }).toString('base64');
}
