/** A report as SARIF 2.1.0 (docs.oasis-open.org/sarif/sarif/v2.1.0). */

import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Result } from '../../istio/advice/lint/gather.ts';
import { istioctlCode } from '../../istio/advice/lint/kinds.ts';
import type { Origin } from '../../istio/origin.ts';
import { VERSION } from '../version.ts';
import { pageOf } from './page.ts';
import type { PrintedReport } from './report.ts';

/** One run; a result for each place, and a rule for each code that was found. */
export function sarifDocument({ results, untold }: PrintedReport): object {
  const codes = [...new Set([...results, ...untold].map(({ code }) => code))];
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'istio-init', version: VERSION, rules: codes.map((code) => ruleOf(code, [...results, ...untold])) } },
        columnKind: 'utf16CodeUnits',
        results: [
          ...results.flatMap((result) => result.places.map((place) => resultAt(result, place, codes.indexOf(result.code)))),
          ...untold.map(({ code, severity, count }) => ({
            ruleId: code,
            ruleIndex: codes.indexOf(code),
            level: severity,
            message: { text: `${count} more of ${code}` },
          })),
        ],
      },
    ],
  };
}

function ruleOf(code: Result['code'], all: readonly Pick<Result, 'code' | 'severity' | 'fix'>[]): object {
  const istioctl = istioctlCode(code);
  const found = all.find((one) => one.code === code);
  return {
    id: code,
    shortDescription: { text: code.replaceAll('-', ' ') },
    help: { text: `See ${pageOf(code)} in the documentation of istio-init.` },
    defaultConfiguration: { level: found?.severity ?? 'warning' },
    ...(istioctl === undefined ? {} : { properties: { istioctl } }),
  };
}

function resultAt({ code, severity, text, fix, places, workloads }: Result, place: Origin, ruleIndex: number): object {
  const many = workloads.count > places.length ? ` (in ${workloads.count} workloads)` : '';
  return {
    ruleId: code,
    ruleIndex,
    level: severity,
    message: { text: `${text}${many}${fix === undefined ? '' : `\nFix: ${fix}`}` },
    ...(place.kind === 'file' ? { locations: [locationOf(place)] } : {}),
  };
}

function locationOf({ file, line, column }: Extract<Origin, { readonly kind: 'file' }>): object {
  return {
    physicalLocation: {
      artifactLocation: { uri: uriOf(file) },
      ...(line === 0 ? {} : { region: { startLine: line, startColumn: column } }),
    },
  };
}

/** A relative path stays one: scanners look for it in the repository. */
function uriOf(file: string): string {
  if (isAbsolute(file)) return pathToFileURL(file).href;
  return file.split('/').map(encodeURIComponent).join('/');
}
