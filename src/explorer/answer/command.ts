/** The question as a command line that answers it. */

import { profileOf } from '../../istio/releases/profile.ts';
import { quoteForPasting } from '../../netfilter/words.ts';
import type { Question } from '../question.ts';
import { releaseOf } from '../question.ts';

/** A pod of the fields is given as the manifest that the page copies. */
export function commandOf(question: Question): string {
  const { text, request, from, to, protocol, state, release, dataplane, annotations, settings, part } = question;
  const options = [
    ...(request === '' ? ['--from', from, '--to', to] : ['--request', request]),
    ...(request !== '' || protocol === 'tcp' ? [] : ['--protocol', protocol]),
    ...(request !== '' || state === 'new' ? [] : ['--state', state]),
  ];
  const sets = Object.entries(settings).flatMap(([key, value]) => ['--set', `${key}=${value}`]);
  if (text.trim() !== '')
    return words(['trace', `FILE${part === '' ? '' : `#${part.split('/').at(-1)?.replace(/^#/, '')}`}`, ...options, ...sets]);
  if (dataplane === 'ambient') return words(['preview', '--ambient', `@${releaseOf(question)}`]);
  const named = release === '' ? [] : ['--release', release];
  // What a release before native nftables makes is the same with and without the value.
  const native = dataplane === 'nftables' && profileOf(releaseOf(question)).has('nativeNftablesFlag');
  const pod = native || Object.keys(annotations).length > 0 ? ['-f', 'pod.yaml'] : [];
  const command = words(['trace', ...pod, ...(native ? ['--values', '-'] : []), ...named, ...options, ...sets]);
  return native ? `echo '{global: {nativeNftables: true}}' | ${command}` : command;
}

/** Quoted for a shell: what is pasted into one must be what was meant. */
function words(args: readonly string[]): string {
  return ['istio-init', ...args.map(quoteForPasting)].join(' ');
}
