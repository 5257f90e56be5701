/** What an injector makes of a pod: the arguments and the environment of the program that makes its rules. */

import type { Environment } from '../../arguments/effective-values.ts';
import type { Origin, Sourced } from '../../origin.ts';
import type { AmbientKnobs } from '../../plan/ambient/knobs.ts';
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

/** A variable of a container: its value, or that it comes from elsewhere. */
export type Variable = { readonly name: string; readonly value: string } | { readonly name: string; readonly from: unknown };

export interface InitContainer {
  readonly name: 'istio-init' | 'istio-validation';
  readonly image: string;
  readonly command: readonly string[];
  /** The words before the arguments: the program, where it is named there. */
  readonly program: readonly string[];
  readonly arguments: readonly InjectedArgument[];
  /** The variables whose values are known. */
  readonly environment: Texts;
  readonly variables: readonly Variable[];
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly restartPolicy?: string;
  /** Where the program is another one. */
  readonly otherProgram?: Sourced<string>;
}

/** Why a pod gets no rules. */
export type NotInjected =
  | 'host network'
  | 'mode NONE'
  | 'not asked for'
  | 'own choice'
  | 'no sidecar'
  | 'own command'
  | 'lives without'
  | 'ambient';

/** Who refuses a pod, or the mesh that it would be in, and on account of what: `annotation KEY`, `unknown template`, `the chart refuses the values`. */
export type Refusal = string;

export type Injection =
  | {
      readonly kind: 'arguments';
      readonly installer: Installer;
      readonly arguments: readonly InjectedArgument[];
      readonly environment: Texts;
      /** The init container that the injector makes, with its own arguments where the plugin makes the rules. */
      readonly container?: InitContainer;
      /** Warnings and notes. */
      readonly problems: readonly Problem[];
    }
  /** The injector refuses the pod, for a reason that has a name; or the plugin does, of a pod that was injected. */
  | {
      readonly kind: 'refused';
      readonly installer: Installer;
      readonly refusal?: Refusal;
      readonly container?: InitContainer;
      readonly problems: readonly Problem[];
    }
  | {
      readonly kind: 'none';
      readonly reason: NotInjected;
      /** Of a pod that is not injected: whose doing that is. */
      readonly by?: 'webhook' | 'injector';
      readonly source: Origin;
      /** Of a pod in ambient mode: what its node agent is told. */
      readonly knobs?: AmbientKnobs;
      /** The init container that is made all the same, and runs something else. */
      readonly container?: InitContainer;
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

/** The items of a list as annotations and arguments have it, without blanks and empty ones. */
export function listItems(list: string): readonly string[] {
  return list
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}
