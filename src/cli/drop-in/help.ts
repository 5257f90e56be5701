/** The help of the drop-in, from the table of arguments. */

import { ARGUMENTS, environmentOf, isKnown, shortOf } from '../../istio/arguments/arguments.ts';
import type { Profile } from '../../istio/releases/profile.ts';

/** What `istio-iptables --help` prints at a release. */
export function dropInHelp(profile: Profile): string {
  const rows = ARGUMENTS.filter((argument) => isKnown(argument, profile)).map((argument) => {
    const short = shortOf(argument, profile);
    const flags = profile.has('shellProgram') ? `  -${short}` : `  ${short === undefined ? '   ' : `-${short},`} --${argument.flag}`;
    return {
      flags,
      what: argument.what,
      variable: profile.has('shellProgram') ? (argument.shellEnvironment ?? '') : environmentOf(argument),
    };
  });
  const widths = [Math.max(...rows.map(({ flags }) => flags.length)), Math.max(...rows.map(({ variable }) => variable.length))] as const;
  return [
    'istio-iptables: makes the iptables rules of an Istio sidecar in this network namespace',
    '',
    `Flags and environment of Istio ${profile.release}:`,
    ...rows.map(({ flags, variable, what }) => `${flags.padEnd(widths[0])}  ${variable.padEnd(widths[1])}  ${what}`),
    '',
    'ISTIO_INIT_RELEASE names another release, ISTIO_INIT_ALLOW_HOST=true allows the namespace of a node.',
    "ISTIO_INIT_EXACT=true makes native nftables just as the release's program does, its faults included.",
    'Exit codes: 0 done, 1 failed, 126 the validation failed, 128 + n ended by signal n.',
    '',
  ].join('\n');
}
