/** The problem of a value that has another type than its key, wherever it is read. */

import type { Origin } from './origin.ts';
import type { Problem } from './problems.ts';
import { problem, quoted } from './problems.ts';
import type { YamlNode } from './yaml.ts';
import { isNull } from './yaml-fields.ts';

/** `name: found a list, expected true or false`. */
export function wrongType(name: string, node: YamlNode, allowed: string, source: Origin): Problem {
  const value = node.kind === 'mapping' ? 'a mapping' : node.kind === 'sequence' ? 'a list' : isNull(node) ? 'nothing' : quoted(node.text);
  return problem('wrong-type', source, { name, value, allowed });
}
