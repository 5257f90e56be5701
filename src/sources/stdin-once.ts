import { badOption } from '../istio/bad-option.ts';

/** Throws a ProblemError where more than one of these is standard input. */
export function refuseStdinTwice(files: readonly (string | undefined)[]): void {
  if (files.filter((file) => file === '-').length > 1)
    throw badOption('-', 'standard input can be read once; put one of the two in a file');
}
