/** Values of Helm as Go's templates print them: what a number or a boolean of YAML becomes in an argument. */

import type { YamlNode } from '../yaml.ts';

/**
 * A scalar as `{{ . }}` prints it. Helm reads YAML 1.1 into Go's booleans and float64, so that `yes` is `true`,
 * `0x50` is `80` and `1234567` is `1.234567e+06`. Quoted texts stay what they are.
 */
export function goText(scalar: YamlNode & { readonly kind: 'scalar' }): string {
  const { text, plain } = scalar;
  if (!plain) return text;
  const truth = goBoolean(scalar);
  if (truth !== undefined) return String(truth);
  const number = yamlNumber(text);
  return number === undefined ? text : printFloat(number);
}

/** Whether a plain scalar is one of YAML 1.1's booleans, and which; undefined for every other. */
export function goBoolean({ text, plain }: YamlNode & { readonly kind: 'scalar' }): boolean | undefined {
  if (!plain) return undefined;
  if (/^(?:true|True|TRUE|yes|Yes|YES|on|On|ON)$/.test(text)) return true;
  return /^(?:false|False|FALSE|no|No|NO|off|Off|OFF)$/.test(text) ? false : undefined;
}

/** Whether a scalar is a number or a boolean, and no text, to a reader of YAML 1.1. */
export function isBare(scalar: YamlNode & { readonly kind: 'scalar' }): boolean {
  return scalar.plain && (goBoolean(scalar) !== undefined || yamlNumber(scalar.text) !== undefined);
}

/** A tree of YAML as JSON has it: what Kubernetes reads of it. */
export function dataOf(node: YamlNode): unknown {
  if (node.kind === 'sequence') return node.items.map(dataOf);
  if (node.kind === 'mapping')
    return Object.fromEntries(node.entries.flatMap(({ key, value }) => (key.kind === 'scalar' ? [[key.text, dataOf(value)]] : [])));
  if (node.plain && ['', '~', 'null', 'Null', 'NULL'].includes(node.text)) return null;
  return goBoolean(node) ?? (node.plain ? yamlNumber(node.text) : undefined) ?? node.text;
}

function yamlNumber(text: string): number | undefined {
  // Ports and ids, of which a cluster has a million.
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  const [, sign = '', digits = ''] = /^([-+]?)([0-9.][0-9A-Za-z_.+-]*)$/.exec(text.replaceAll('_', '')) ?? [];
  const octal = /^0o?([0-7]+)$/.exec(digits)?.[1];
  const known = /^0x[0-9a-fA-F]+$|^0b[01]+$|^(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/.test(digits);
  if (octal === undefined && !known) return undefined;
  const size = octal === undefined ? Number(digits) : Number.parseInt(octal, 8);
  return Number.isFinite(size) ? (sign === '-' ? -size : size) : undefined;
}

/** Go's %v of a float64: the shortest digits, with an exponent of at least two digits from 1e+06 on. */
function printFloat(number: number): string {
  const [, digits = '', exponent = '0'] = /^(.*)e(.*)$/.exec(number.toExponential()) ?? [];
  const power = Number(exponent);
  // toString leaves exponents out between 1e-6 and 1e21, so in all of what is printed in full.
  if (power >= -4 && power < 6) return String(number);
  return `${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
}
