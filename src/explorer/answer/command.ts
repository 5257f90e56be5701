/** The question as a command line that answers it. */

import { injectedArguments } from '../../istio/kubernetes/ordinary-injection.ts';
import { profileOf } from '../../istio/releases/profile.ts';
import type { Question } from '../question.ts';
import { releaseOf } from '../question.ts';

/** A pod of the fields is given as the manifest that the page copies. */
export function commandOf(question: Question): string {
  const { text, request, from, to, protocol, state, release, dataplane, annotations, settings, part } = question;
  const asked = [
    ...(request === '' ? ['--from', from, '--to', to] : ['--request', request]),
    ...(request !== '' || protocol === 'tcp' ? [] : ['--protocol', protocol]),
    ...(request !== '' || state === 'new' ? [] : ['--state', state]),
  ];
  const sets = Object.entries(settings).flatMap(([key, value]) => ['--set', `${key}=${value}`]);
  if (text.trim() !== '')
    return words(['trace', `FILE${part === '' ? '' : `#${part.split('/').at(-1)?.replace(/^#/, '')}`}`, ...asked, ...sets]);
  if (dataplane === 'ambient') return words(['preview', '--ambient', `@${releaseOf(question)}`]);
  const named = release === '' ? [] : ['--release', release];
  const native = dataplane === 'nftables';
  if (Object.keys(annotations).length > 0)
    return words(['trace', '-f', 'pod.yaml', ...(native ? ['--values', 'native.yaml'] : []), ...named, ...asked, ...sets]);
  if (!native) return words(['trace', ...named, ...asked, ...sets]);
  return words(['trace', ...named, ...asked, ...sets, '--', ...injectedArguments(profileOf(releaseOf(question))), '--native-nftables']);
}

/** Quoted for a shell: what is pasted into one must be what was meant. */
function words(args: readonly string[]): string {
  return ['istio-init', ...args.map((word) => (/^[\w@%+=:,./#-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`))].join(' ');
}
