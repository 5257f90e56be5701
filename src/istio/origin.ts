/** Where a value came from, so that every message can say so. */

import { spelledOut } from '../netfilter/printable.ts';

export type Origin =
  /** What the release's injector passes for a pod without annotations. */
  | { readonly kind: 'injected'; readonly release: string }
  /** What the release's program takes when nothing is said. */
  | { readonly kind: 'default'; readonly release: string }
  | {
      readonly kind: 'file';
      readonly file: string;
      readonly line: number;
      readonly column: number;
      /** What stands there, where that is no setting of ours: an annotation, a Helm value, a variable. */
      readonly key?: string;
      /** Of a text that stands in a literal block: how far its lines are indented. */
      readonly indent?: number;
    }
  /** An option of this program: `--set`, `--release`, `--address`. */
  | { readonly kind: 'option'; readonly option: string }
  /** An argument of istio-iptables, after `--`. */
  | { readonly kind: 'argument'; readonly flag: string }
  | { readonly kind: 'environment'; readonly name: string }
  /** Rules that somebody found, of which settings were read. */
  | { readonly kind: 'rules' };

/** A value that knows where it came from. */
export interface Sourced<V> {
  readonly value: V;
  readonly source: Origin;
}

/** The source as it stands in front of a message: `pod.yaml:14:9`, `--set`, `argument -d`. */
export function printSource(source: Origin): string {
  switch (source.kind) {
    case 'injected':
      return `default injection of ${source.release}`;
    case 'default':
      return `default of istio-iptables ${source.release}`;
    case 'file':
      return onOneLine(source.line === 0 ? fileText(source.file) : `${fileText(source.file)}:${source.line}:${source.column}`);
    case 'option':
      return onOneLine(source.option);
    case 'argument':
      return `argument ${source.flag}`;
    case 'environment':
      return `environment ${source.name}`;
    case 'rules':
      return 'the rules';
    default:
      return source satisfies never;
  }
}

/** A file as it stands in a message: `-` is standard input. */
export function fileText(file: string): string {
  return file === '-' ? 'standard input' : file;
}

/** A text from outside on one line: a file may be named with a newline in it, or with a character that a terminal obeys. */
export function onOneLine(text: string): string {
  return spelledOut(text);
}
