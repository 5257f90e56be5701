/** Why kubectl had no answer, told by its last words. */

import { onOneLine } from '../../istio/origin.ts';

export type ClusterCause =
  | 'no kubectl'
  | 'old kubectl'
  | 'no context'
  | 'no cluster'
  | 'unauthorized'
  | 'forbidden'
  | 'no such object'
  | 'no such resource'
  | 'expired'
  | 'busy'
  | 'time-out'
  | 'cut'
  | 'stopped'
  /** What was created has ended by itself. */
  | 'ended'
  | 'other';

/** What is thrown where the cluster has no answer; the message is one line, with the cause first. */
export class ClusterFailure extends Error {
  readonly failure: ClusterCause;

  constructor(failure: ClusterCause, message: string) {
    super(onOneLine(message));
    this.failure = failure;
  }
}

interface Sign {
  readonly sign: RegExp;
  readonly failure: ClusterCause;
  /** `found` are the parts of the sign. */
  readonly text: (found: readonly string[]) => string;
}

// In this order: the first that fits counts. The words are those of kubectl 1.20 to 1.32 (client-go, apimachinery's errors.go).
const SIGNS: readonly Sign[] = [
  {
    sign: /context "(.*?)" does not exist|no context exists with the name: "(.*?)"|cannot locate context (\S+)/,
    failure: 'no context',
    text: (found) => `kubectl knows no context "${found.join('')}"; there are those of kubectl config get-contexts`,
  },
  {
    sign: /connection to the server localhost:8080 was refused|no configuration has been provided|Missing or incomplete configuration/,
    failure: 'no cluster',
    text: () => 'kubectl knows no cluster: there is no kubeconfig (KUBECONFIG, --kubeconfig), or no context is chosen in it (--context)',
  },
  {
    sign: /error loading config file "(.*?)": (.*)|stat (\S+): no such file or directory/,
    failure: 'no cluster',
    text: ([file = '', reason = '', missing = '']) =>
      missing === ''
        ? `the kubeconfig ${file} can not be read: ${reason} (KUBECONFIG, --kubeconfig)`
        : `there is no kubeconfig ${missing} (KUBECONFIG, --kubeconfig)`,
  },
  {
    sign: /unknown flag: (--[-\w]+)|unknown (?:shorthand flag:|command) (.*)|unknown profile: (.*)/,
    failure: 'old kubectl',
    text: ([flag = '', word = '', profile = '']) =>
      `this kubectl is too old: it does not know ${[flag, word, profile && `--profile=${profile}`].find((one) => one !== '') ?? ''}; --live takes kubectl 1.27 or later`,
  },
  {
    sign: /must be logged in to the server|\(Unauthorized\)|: Unauthorized/,
    failure: 'unauthorized',
    text: () => '401: the cluster does not accept the credentials of this context: log in again, or choose another with --context',
  },
  {
    sign: /User "(.*?)" cannot (\S+) resource "(.*?)" in API group "(.*?)"(?: in the namespace "(.*?)")?/,
    failure: 'forbidden',
    text: ([user = '', verb = '', resource = '', group = '', namespace = '']) =>
      `403: ${user} has no right to ${verb} ${resource}${group === '' ? '' : `.${group}`} ${namespace === '' ? 'in all of the cluster' : `in the namespace ${namespace}`}`,
  },
  { sign: /\(Forbidden\): (.*)/, failure: 'forbidden', text: ([what = '']) => `403: ${what}` },
  {
    sign: /could not find the requested resource|doesn't have a resource type/,
    failure: 'no such resource',
    text: () => '404: the cluster has no such kind',
  },
  { sign: /\(NotFound\): (.*)/, failure: 'no such object', text: ([what = '']) => `404: ${what}` },
  {
    sign: /\((?:Expired|Gone)\)|too old resource version|continue parameter is too old/,
    failure: 'expired',
    text: () => '410: the list changed too much while it was read',
  },
  {
    sign: /TooManyRequests|too many requests/i,
    failure: 'busy',
    text: () => '429: the API server takes no more requests now; try again later',
  },
  {
    sign: /Client\.Timeout|context deadline exceeded|i\/o timeout|TLS handshake timeout/,
    failure: 'time-out',
    text: () => 'the cluster did not answer in time (--deadline SECONDS gives it longer)',
  },
  { sign: /unexpected EOF|connection reset by peer/, failure: 'cut', text: () => 'the answer was cut off: nothing of it counts' },
  {
    sign: /Unable to connect to the server: (.*)/,
    failure: 'other',
    text: ([what = '']) => `the cluster can not be reached: ${what}`,
  },
  {
    sign: /connection to the server (\S+) was refused/,
    failure: 'other',
    text: ([server = '']) => `the cluster can not be reached: ${server} refuses connections`,
  },
];

/** The failure of a run of kubectl, by what it said on standard error. */
export function failureOf(stderr: string): ClusterFailure {
  for (const { sign, failure, text } of SIGNS) {
    const found = sign.exec(stderr);
    if (found !== null) return new ClusterFailure(failure, text(found.slice(1).map((part) => part ?? '')));
  }
  const all = stderr.split('\n').filter((line) => line.trim() !== '');
  // Before kubectl's own last words stand those of the command that it ran.
  const lines = all.length > 1 && /^command terminated with exit code/.test(all.at(-1) ?? '') ? all.slice(0, -1) : all;
  return new ClusterFailure('other', `kubectl failed: ${lines.at(-1)?.replace(/^error: /, '') ?? 'it gives no reason'}`);
}
