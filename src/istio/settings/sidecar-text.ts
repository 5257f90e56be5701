/** A text that should hold one SidecarCapture. */

import { API_VERSION } from '../api-version.ts';
import type { Origin } from '../origin.ts';
import { nearest, ProblemError, problem, quoted } from '../problems.ts';
import { readYaml } from '../yaml.ts';
import { field } from '../yaml-fields.ts';
import type { SidecarFile } from './sidecar-file.ts';
import { KIND, readSidecarFile } from './sidecar-file.ts';

/** Reads the one document of a text. Throws a ProblemError where it is no YAML, or something else. */
export function readSidecarText(text: string, file: string): SidecarFile {
  const at = (line: number, column: number): Origin => ({ kind: 'file', file, line, column });
  const documents = readYaml(text);
  if ('reason' in documents)
    throw new ProblemError([problem('bad-yaml', at(documents.line, documents.column), { reason: documents.reason })]);
  const [document, second] = documents;
  if (document === undefined)
    throw new ProblemError([problem('wrong-type', at(1, 1), { name: 'the document', value: 'nothing', allowed: `a ${KIND}` })]);
  if (second !== undefined)
    throw new ProblemError([problem('several-documents', at(second.line, second.column), { value: String(documents.length) })]);
  const kind = field(document, 'kind');
  if (kind?.kind === 'scalar' && kind.text !== KIND) {
    throw new ProblemError([
      problem('not-a-manifest', at(kind.line, kind.column), {
        value: quoted(kind.text),
        allowed: KIND,
        nearest: nearest(kind.text, [KIND]),
      }),
    ]);
  }
  const read = readSidecarFile(document, file);
  const missing = Object.entries({ apiVersion: API_VERSION, kind: KIND }).filter(([name]) => field(document, name) === undefined);
  if (read.problems.length === 0 && missing.length > 0) {
    const here = at(document.line, document.column);
    throw new ProblemError(missing.map(([name, allowed]) => problem('wrong-type', here, { name, value: 'nothing', allowed })));
  }
  return read;
}
