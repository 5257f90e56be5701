/** The arguments in the text of an injection template, which is no YAML before Go has worked on it. */

/** A piece of the arguments of an init container. */
export interface TemplateLine {
  readonly kind: 'argument' | 'variable';
  /** From 1. */
  readonly line: number;
  /** As it stands there, without quotes around it. */
  readonly text: string;
  /** The lines of conditions in front of it. */
  readonly conditions: string;
}

/** `{{ }}`, and `[[ ]]` in the oldest releases. */
export const ACTION = /\{\{.*?\}\}|\[\[.*?\]\]/g;

const CONTAINER = /^(\s*)- name: *["']?istio-(?:init|validation)["']?\s*$/;

/** Arguments and variables of each init container that makes rules or looks at them. */
export function initContainers(template: string): readonly (readonly TemplateLine[])[] {
  // No stock line is longer; looking for actions in a line that never ends takes the square of its length.
  const lines = template.split('\n').map((line) => line.slice(0, 2000).replace(/\r$/, ''));
  const bodies = lines.flatMap((line, index) => {
    const indent = CONTAINER.exec(line)?.[1]?.length;
    return indent === undefined ? [] : [containerAt(lines, index + 1, indent)];
  });
  // Two names stand one behind the other, and a condition chooses.
  return bodies.filter((body) => body.length > 0);
}

function containerAt(lines: readonly string[], start: number, indent: number): readonly TemplateLine[] {
  const found: TemplateLine[] = [];
  let section = '';
  let conditions = '';
  for (let index = start; index < lines.length; index++) {
    const line = lines[index] ?? '';
    const bare = line.replace(ACTION, '');
    const depth = line.search(/\S/);
    const item = /^\s*- +(.*)$/.exec(line)?.[1]?.trim();
    if (bare.trim() === '' && item === undefined) {
      if (/\b(?:if|with|range)\b/.test(line)) conditions += ` ${line}`;
      continue;
    }
    if (bare.trim().startsWith('#')) continue;
    // The next container, or what comes behind all of them.
    if (depth <= indent) return found;
    const key = /^\s*(\w+):(.*)$/.exec(bare);
    if (item !== undefined && section === 'env') {
      const name = /^name: *(.*)$/.exec(item)?.[1];
      if (name !== undefined) found.push({ kind: 'variable', line: index + 1, text: unquoted(name), conditions: '' });
    } else if (item !== undefined && section !== '') {
      found.push({ kind: 'argument', line: index + 1, text: unquoted(item), conditions });
      conditions = '';
    } else if (key !== null) {
      section = sectionOf(section, key[1] ?? '');
      conditions = '';
      const inline = (key[2] ?? '').trim();
      if (['args', 'command'].includes(section) && inline !== '')
        found.push({ kind: 'argument', line: index + 1, text: inline, conditions: '' });
    }
  }
  return found;
}

function sectionOf(before: string, key: string): string {
  if (['args', 'command', 'env'].includes(key)) return key;
  return before === 'env' && ['value', 'valueFrom', 'fieldRef', 'fieldPath'].includes(key) ? before : '';
}

function unquoted(text: string): string {
  return /^(["']).*\1$/.test(text) ? text.slice(1, -1) : text;
}
