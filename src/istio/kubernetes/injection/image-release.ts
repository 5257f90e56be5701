/** From the image of a container to the release of Istio in it. */

import type { Origin, Sourced } from '../../origin.ts';
import type { Problem } from '../../problems.ts';
import type { Release } from '../../releases/known.ts';
import { readTag } from '../../releases/known.ts';
import { isReplacement, RELEASE_VARIABLE } from '../../releases/resolve-release.ts';
import type { Container } from '../manifest/workload.ts';

/** `--image-release PATTERN=1.20.3`: images whose name or digest matches the pattern (`*` stands for anything) are of that release. */
export interface ImageRelease {
  readonly pattern: string;
  readonly release: Release;
}

export interface ReleaseOfImage {
  /** Undefined where nothing tells it: `latest`, a digest alone, a tag of somebody else's. */
  readonly release?: Sourced<Release>;
  readonly problems: readonly Problem[];
}

/** Images of Istio's own program, which does not read our variable. */
const ISTIOS = /(?:^|\/)proxy(?:v2|_init)?$/;

/** The release of the program in an init container. Our own obeys its variable, whatever its image is called. */
export function releaseOfContainer({ image, env }: Container, patterns: readonly ImageRelease[]): ReleaseOfImage {
  const named = env.get(RELEASE_VARIABLE);
  const inName = named === undefined || ISTIOS.test(partsOf(image?.value ?? '').name) ? undefined : releaseIn(named.value, named.source);
  return inName?.release === undefined ? releaseOfImage(image, patterns) : inName;
}

/** Patterns win over the tag, the first that matches over later ones. */
export function releaseOfImage(image: Sourced<string> | undefined, patterns: readonly ImageRelease[]): ReleaseOfImage {
  if (image === undefined) return { problems: [] };
  const { name, tag, digest } = partsOf(image.value);
  const texts = [image.value, name, `${name}:${tag}`, digest];
  const match = patterns.find(({ pattern }) => texts.some((text) => matches(text, pattern)));
  if (match !== undefined)
    return { release: { value: match.release, source: { kind: 'option', option: '--image-release' } }, problems: [] };
  return releaseIn(tag, image.source);
}

function releaseIn(text: string, source: Origin): ReleaseOfImage {
  const read = readTag(text);
  if ('unknown' in read) return { problems: [] };
  const problems = 'insteadOf' in read ? [isReplacement(read.release, read.insteadOf, source)] : [];
  return { release: { value: read.release, source }, problems };
}

/** `registry:5000/istio/proxyv2:1.20.3-distroless@sha256:...`: a colon before the last slash is that of a port. */
function partsOf(image: string): { readonly name: string; readonly tag: string; readonly digest: string } {
  const at = image.indexOf('@');
  const [rest, digest] = at < 0 ? [image, ''] : [image.slice(0, at), image.slice(at + 1)];
  const colon = rest.indexOf(':', rest.lastIndexOf('/') + 1);
  return colon < 0 ? { name: rest, tag: '', digest } : { name: rest.slice(0, colon), tag: rest.slice(colon + 1), digest };
}

/** Whether a text is a pattern's; each piece is sought from where the last one ended, so that no pattern takes long. */
function matches(text: string, pattern: string): boolean {
  const [first = '', ...pieces] = pattern.split('*');
  const last = pieces.pop();
  if (last === undefined) return text === pattern;
  let at = first.length;
  const between = pieces.every((piece) => {
    const found = text.indexOf(piece, at);
    at = found + piece.length;
    return found >= 0;
  });
  return text.startsWith(first) && between && text.endsWith(last) && at + last.length <= text.length;
}
