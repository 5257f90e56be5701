import type { Ran } from '../host/run.ts';
import { programs } from '../host/run.ts';
import { inScratch } from '../host/scratch/scratch.ts';
import { badOption, unusable } from '../istio/bad-option.ts';
import { quoted } from '../istio/problems.ts';
import type { Facts } from '../istio/settings/facts.ts';
import { sourceOf } from './live-namespace.ts';
import type { SourceOptions } from './options.ts';
import { environmentOf } from './plan-input.ts';
import type { RuleSource } from './rule-source.ts';

/** Seconds that a command has. */
const DEADLINE = 30;

// An address of the range for documentation: what a pod has, where nobody says more, is one IPv4 address.
const ADDRESSES: readonly string[] = ['192.0.2.1/24'];

/** Runs the command, and is the side of what it leaves. Throws a ProblemError where it fails. */
export async function execSource(
  text: string,
  given: SourceOptions,
  { addresses = ADDRESSES, nameservers = [] }: Facts,
): Promise<RuleSource> {
  const seconds = secondsOf(given.deadline);
  const command = { text, args: given.args ?? [], env: await environmentOf(given), addresses, nameservers, deadline: seconds * 1000 };
  const name = `the command ${quoted(text)}`;
  try {
    return await inScratch(command, programs(), async (ran, namespace) => {
      if (ran.exitCode !== 0) throw badOption('exec:', `${quoted(text)} ${what(ran, seconds)}${lastWords(ran)}`);
      return { ...(await sourceOf('exec:', namespace)), name, facts: { addresses, nameservers } };
    });
  } catch (error) {
    throw unusable('exec:', error);
  }
}

function secondsOf(given: string | undefined): number {
  if (given === undefined) return DEADLINE;
  // setTimeout takes 24 days at most.
  if (!/^\d{1,6}$/.test(given) || Number(given) === 0) throw badOption('--deadline', `${quoted(given)} is not a number of seconds, as 30`);
  return Number(given);
}

function what({ timedOut, signal, exitCode }: Ran, seconds: number): string {
  if (timedOut) return `was killed, with all that it started, after ${seconds} s (--deadline)`;
  return signal === null ? `ended with exit code ${exitCode}` : `was ended by ${signal}`;
}

const LINES = 3;

/** The last lines that a command said, on one. */
function lastWords({ stderr, stdout }: Ran): string {
  const output = stderr.trim() === '' ? stdout : stderr;
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  return lines.length === 0 ? '' : `: ${lines.slice(-LINES).join('; ').slice(-500)}`;
}
