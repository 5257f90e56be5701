/** A log of SARIF 2.1.0 (docs.oasis-open.org/sarif/sarif/v2.1.0), and places in it. */

import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Origin } from '../../istio/origin.ts';
import { VERSION } from '../program-version.ts';

/** One run of this program. */
export function sarifLog(rules: readonly object[], results: readonly object[]): object {
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [{ tool: { driver: { name: 'istio-init', version: VERSION, rules } }, columnKind: 'utf16CodeUnits', results }],
  };
}

/** The `locations` of a result; nothing for what stands in no file. */
export function sarifPlace(place: Origin): object {
  if (place.kind !== 'file') return {};
  const { file, line, column } = place;
  const region = line === 0 ? {} : { region: { startLine: line, startColumn: column } };
  return { locations: [{ physicalLocation: { artifactLocation: { uri: fileUri(file) }, ...region } }] };
}

/** A relative path stays one: scanners look for it in the repository. */
export function fileUri(file: string): string {
  if (isAbsolute(file)) return pathToFileURL(file).href;
  return file.split('/').map(encodeURIComponent).join('/');
}
