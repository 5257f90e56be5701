import type { Target } from '../host/namespace/namespace.ts';
import { badOption } from '../istio/bad-option.ts';
import { nearest, quoted } from '../istio/problems.ts';
import { kindOfFile } from './kind-of-file.ts';

export type SourceName =
  /** `@1.23`, `release:1.23`, or no source: the settings that are given. */
  | { readonly kind: 'settings'; readonly release?: string }
  /** `@own`: each workload of the manifests that are given, as it was injected. */
  | { readonly kind: 'own' }
  /** `FILE`, `FILE@1.23`, `FILE#orders`: the workloads of that name in it, or what else a page calls so. */
  | { readonly kind: 'file'; readonly file: string; readonly release?: string; readonly workload?: string }
  /** `live`, `pid:N`, `netns:PATH`, or what was opened under a name. */
  | { readonly kind: 'namespace'; readonly target: Target }
  /** `exec:TEXT`: what a command leaves in the kernel. */
  | { readonly kind: 'command'; readonly text: string };

/** Words that stand for what somebody has opened, until it is closed: a pod of a cluster that --live looks into. */
const OPENED = new Map<string, Opened>();

export interface Opened {
  /** What is to be typed for it. */
  readonly typed: readonly string[];
  /** What it is called where it is a file. */
  readonly called?: string;
  /** Its namespace; without one the word is the name of a file. */
  readonly target?: Target;
}

/** From now on the word means that. */
export function nameOpened(word: string, opened: Opened): void {
  OPENED.set(word, opened);
}

/** The word means nothing any more. */
export function forgetOpened(word: string): void {
  OPENED.delete(word);
}

/** What a file is called that was opened under a name; else the file. */
export function calledAs(file: string): string {
  return OPENED.get(file)?.called ?? file;
}

/** The words of a command line that lead to the same. */
export function typedWords(word: string): readonly string[] {
  return OPENED.get(word)?.typed ?? [ofStandardInput(word)];
}

/** `-#orders`, which a reader of options was not to see as it was typed. */
function ofStandardInput(word: string): string {
  return word.startsWith('./-#') ? word.slice(2) : word;
}

const PREFIXED = /^(@|release:|pid:|netns:|exec:|live(?=@|$))(.*)$/s;

/** Whether a word begins as a SOURCE that is no file, or was opened as one. */
export function isPrefixed(source: string): boolean {
  return PREFIXED.test(source) || OPENED.get(source)?.target !== undefined;
}

/** Reads a SOURCE. Throws a ProblemError where it begins as one kind and does not go on as that. */
export function parseSource(source: string | undefined): SourceName {
  if (source === undefined) return { kind: 'settings' };
  if (source === '@own') return { kind: 'own' };
  const target = OPENED.get(source)?.target;
  if (target !== undefined) return { kind: 'namespace', target };
  const [, word = '', rest = ''] = PREFIXED.exec(source) ?? [];
  switch (word) {
    case '@': {
      const hint = /^v?\d/.test(rest) ? '' : nearest(source, ['@own']);
      if (hint !== '') throw badOption(source, `is neither a release, as @1.23, nor @own${hint}`);
      return { kind: 'settings', release: rest };
    }
    case 'release:':
      return { kind: 'settings', release: rest };
    case 'pid:':
      if (!/^[1-9]\d{0,9}$/.test(rest)) throw badOption('pid:', `${quoted(rest)} is not the number of a process, as in pid:4711`);
      return { kind: 'namespace', target: { kind: 'pid', pid: Number(rest) } };
    case 'netns:':
      if (rest === '') throw badOption('netns:', 'a path must follow, as in netns:/run/netns/NAME');
      return { kind: 'namespace', target: { kind: 'netns', path: rest } };
    case 'exec:':
      if (rest.trim() === '') throw badOption('exec:', "a command for the shell must follow, as in 'exec:istio-iptables'");
      return { kind: 'command', text: rest };
    case 'live':
      if (rest !== '') throw badOption(source, 'names a release, and live rules have none; a file of that name needs its path, as ./live');
      return { kind: 'namespace', target: { kind: 'here' } };
    default:
      return parseFile(source);
  }
}

/** `FILE`, `FILE@1.23`, `FILE#orders`, `FILE#orders@1.23`, `FILE@1.23#orders`; a file that has such a name is that file. */
function parseFile(typed: string): SourceName {
  if (kindOfFile(typed) !== undefined) return { kind: 'file', file: typed };
  const source = ofStandardInput(typed);
  const at = /^(.+)@(v?1\.[^@/#]*)(#[^#]+)?$/s.exec(source);
  const rest = at === null ? source : `${at[1]}${at[3] ?? ''}`;
  const release = at === null ? {} : { release: at[2] ?? '' };
  const named = kindOfFile(rest) === undefined ? /^([^#]+)#([^#]+)$/s.exec(rest) : null;
  // A number is that of a part of the file: `page.md#2`.
  if (named === null || /^\d+$/.test(named[2] ?? '')) return { kind: 'file', file: rest, ...release };
  return { kind: 'file', file: named[1] ?? '', ...release, workload: named[2] ?? '' };
}
