/** A report as SARIF 2.1.0 (docs.oasis-open.org/sarif/sarif/v2.1.0). */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { spanOf } from '../../host/manifests/edit-text.ts';
import type { Result } from '../../istio/advice/lint/collect.ts';
import { istioctlCode } from '../../istio/advice/lint/kinds.ts';
import { keyOf } from '../../istio/advice/lint/left-out.ts';
import type { TextEdit } from '../../istio/advice/lint/text-edit.ts';
import type { Origin } from '../../istio/origin.ts';
import type { Severity } from '../../istio/problems.ts';
import { fileUri, sarifLog, sarifPlace } from '../terminal/sarif.ts';
import { pageText } from './explain-code.ts';
import { pageOf } from './page.ts';
import type { PrintedReport } from './report.ts';
import { securityOf } from './security.ts';

/** One run; a result for each place, and a rule for each code that was found. */
export function sarifDocument({ results, unlisted }: PrintedReport): object {
  const codes = [...new Set([...results, ...unlisted].map(({ code }) => code))];
  const fingerprint = fingerprints();
  const text = textsOnce();
  return sarifLog(
    codes.map((code) => ruleOf(code, [...results, ...unlisted])),
    [
      ...results.flatMap((result) =>
        result.places.map((place, index) => ({
          ...resultAt(result, place, codes.indexOf(result.code)),
          partialFingerprints: { 'istioInit/v1': fingerprint(result, place) },
          ...fixAt(result.fix, result.edits[index], place, text),
        })),
      ),
      ...unlisted.map(({ code, severity, count }) => ({
        ruleId: code,
        ruleIndex: codes.indexOf(code),
        level: severity,
        message: { text: `${count} more of ${code}` },
      })),
    ],
  );
}

function ruleOf(code: Result['code'], all: readonly Pick<Result, 'code' | 'severity'>[]): object {
  const istioctl = istioctlCode(code);
  const severity: Severity = all.find((one) => one.code === code)?.severity ?? 'warning';
  const page = pageText(code) ?? '';
  // Of a page: the severity and what it is about in a line, then why.
  const [, about = code.replaceAll('-', ' ')] = /^# .*\n\n(?:(?:Error|Warning|Note)[^.]*\. )?(.*)$/m.exec(page) ?? [];
  const [, why = about] = /^## Why\n\n(.*)$/m.exec(page) ?? [];
  const security = securityOf(code, severity);
  return {
    id: code,
    name: code.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase()),
    shortDescription: { text: about },
    fullDescription: { text: why },
    help: { text: `istio-init lint --explain ${code}, or ${pageOf(code)}`, ...(page === '' ? {} : { markdown: page }) },
    defaultConfiguration: { level: severity },
    properties: {
      tags: ['istio', 'kubernetes', ...(security === undefined ? [] : ['security'])],
      ...(security === undefined ? {} : { 'security-severity': security }),
      ...(istioctl === undefined ? {} : { istioctl }),
    },
  };
}

function resultAt({ code, severity, text, fix, places, workloads }: Result, place: Origin, ruleIndex: number): object {
  const many = workloads.count > places.length ? ` (in ${workloads.count} workloads)` : '';
  return {
    ruleId: code,
    ruleIndex,
    level: severity,
    message: { text: `${text}${many}${fix === undefined ? '' : `\nFix: ${fix}`}` },
    ...sarifPlace(place),
  };
}

/** Stays where lines move and where words of a message change: the code, what stands there, in which file, and the how manieth of those it is. */
function fingerprints(): (result: Result, place: Origin) => string {
  const met = new Map<string, number>();
  return (result, place) => {
    const parts = [result.code, keyOf({ ...result, source: place }) ?? result.text, place.kind === 'file' ? place.file : place.kind];
    const before = met.get(parts.join('\n')) ?? 0;
    met.set(parts.join('\n'), before + 1);
    return createHash('sha256')
      .update([...parts, before].join('\n'))
      .digest('hex')
      .slice(0, 32);
  };
}

/** What `--fix` would write, where the file still holds what is replaced. */
function fixAt(fix: string | undefined, edit: TextEdit | undefined, place: Origin, textOf: (file: string) => string): object {
  if (edit === undefined || edit.isUnsafe === true || place.kind !== 'file' || place.line === 0) return {};
  const { file, line, column } = place;
  const text = textOf(file);
  const span = spanOf(text, { ...edit, line, column });
  if (span === undefined) return {};
  const startColumn = span[0] - text.lastIndexOf('\n', span[0] - 1);
  const deletedRegion = { startLine: line, startColumn, endColumn: startColumn + span[1] - span[0] };
  const replacements = [{ deletedRegion, insertedContent: { text: edit.to } }];
  return {
    fixes: [{ description: { text: fix ?? edit.to }, artifactChanges: [{ artifactLocation: { uri: fileUri(file) }, replacements }] }],
  };
}

function textsOnce(): (file: string) => string {
  const texts = new Map<string, string>();
  return (file) => {
    const text = texts.get(file) ?? readText(file);
    texts.set(file, text);
    return text;
  };
}

function readText(file: string): string {
  try {
    return file === '-' ? '' : readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
