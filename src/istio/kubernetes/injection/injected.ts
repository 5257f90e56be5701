/** What an injector makes of a pod: the arguments and the environment of the program that makes its rules. */

import type { Environment } from '../../arguments/effective-values.ts';
import type { Origin, Sourced } from '../../origin.ts';
import type { Problem } from '../../problems.ts';
import type { Texts } from '../manifest/workload.ts';

/** Who makes the rules: the init container, or the CNI plugin of the node. */
export type Installer = 'init' | 'cni';

export const INSTALLERS: readonly Installer[] = ['init', 'cni'];

/** One argument, in the order of the release's template. */
export interface InjectedArgument {
  /** `-d`, `--run-validation`, `--log_output_level`. */
  readonly flag: string;
  /** Undefined for a switch. */
  readonly value?: string;
  /** Whether flag and value are one word with `=` between them. */
  readonly joined?: boolean;
  /** Who gave the value: an annotation, a mesh value, or the release's own default. */
  readonly source: Origin;
  /** Who else gave one and lost to it, the strongest first; the default last. */
  readonly over: readonly Sourced<string>[];
}

/** Why a pod gets no rules. */
export type NotInjected = 'host network' | 'mode NONE' | 'not asked for' | 'own choice' | 'no sidecar';

export type Injection =
  | {
      readonly kind: 'arguments';
      readonly installer: Installer;
      readonly arguments: readonly InjectedArgument[];
      readonly environment: Texts;
      /** Warnings and notes. */
      readonly problems: readonly Problem[];
    }
  /** The injector, or the plugin, refuses the pod. */
  | { readonly kind: 'refused'; readonly installer: Installer; readonly problems: readonly Problem[] }
  | {
      readonly kind: 'none';
      readonly reason: NotInjected;
      readonly source: Origin;
      /** Warnings. */
      readonly problems?: readonly Problem[];
    };

/** The arguments as words. */
export function wordsOf(args: readonly InjectedArgument[]): readonly string[] {
  return args.flatMap(({ flag, value, joined }) => (value === undefined ? [flag] : joined === true ? [`${flag}=${value}`] : [flag, value]));
}

/** The environment as a program gets it. */
export function valuesOf(environment: Texts): Environment {
  return Object.fromEntries([...environment].map(([name, { value }]) => [name, value]));
}

/** The argument that gave what the program read of a flag: the last one counts; `-p15001` is one word. */
export function argumentBehind(flag: string, args: readonly InjectedArgument[]): InjectedArgument | undefined {
  return args.findLast((argument) => argument.flag === flag) ?? args.findLast((argument) => argument.flag.startsWith(flag));
}
