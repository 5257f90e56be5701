/** The one writer of errors: `istio-init: COMMAND: what`, as every program of the field does it, so that a log of several names who failed. */

import { onOneLine, printSource } from '../../istio/origin.ts';
import type { Problem } from '../../istio/problems.ts';
import { behindSource, formatProblem, problemText, quoted } from '../../istio/problems.ts';
import { programName } from '../program-name.ts';

/** A sentence as the error of a command; `command` is the word that it was called by, where one was. */
export function errorLine(what: string, command: string | undefined): string {
  return [programName(), ...(command === undefined ? [] : [command]), what].join(': ');
}

/**
 * A problem as it is said. An error names the command, the source and, in quotes, the field; a warning and a note stand beside
 * a result, and name the source alone.
 */
export function problemLine(of: Problem, command: string | undefined): string {
  if (of.severity !== 'error') return formatProblem(of);
  const source = printSource(of.source);
  const text = withQuotedField(of);
  // What is wrong with the command line as a whole has the command for its source, which is named already.
  return errorLine(onOneLine(source === '' || source === command ? text : behindSource(source, text)), command);
}

/** The text, whose field stands at its beginning: as an argument, or as one of our keys. */
function withQuotedField(of: Problem): string {
  const text = problemText(of);
  const field = of.args['name'] ?? /^[a-z]+\.[A-Za-z]+(?=: )/.exec(text)?.[0];
  const isField = field !== undefined && text.startsWith(`${field}: `) && !field.startsWith('the ');
  return isField ? `${quoted(field)}${text.slice(field.length)}` : text;
}
