/** What may stand at the cursor. */

import type { Options } from 'yargs';
import { isSource } from '../../sources/implicit-source.ts';
import type { Described } from '../described.ts';
import { clusterWords } from './cluster.ts';
import type { Candidate, Candidates } from './protocol.ts';
import { releaseWords, VALUES } from './values.ts';

const NONE: Candidates = { words: [], files: false };

/** Candidates for the word at the cursor, behind these words. */
export async function candidatesFor(before: readonly string[], word: string, commands: readonly Described[]): Promise<Candidates> {
  const { words, files } = await allFor(before, word, commands);
  return { words: words.filter((one) => one.word.startsWith(word)), files };
}

async function allFor(before: readonly string[], word: string, commands: readonly Described[]): Promise<Candidates> {
  if (before.includes('--')) return NONE;
  const [first, ...rest] = before;
  if (first === undefined)
    return {
      words: [...commands.map(({ name, about }) => ({ word: name, about })), ...sources(), ...general()],
      files: !word.startsWith('-'),
    };
  const command = commands.find(({ name, aliases }) => name === first || aliases.includes(first));
  if (command === undefined) return { words: general(), files: true };
  const [, named, partial] = /^--([\w-]+)=(.*)$/s.exec(word) ?? [];
  if (named !== undefined && partial !== undefined) return valuesOf(command, named, rest, partial, `--${named}=`);
  const option = optionAt(command, before.at(-1) ?? '');
  if (option !== undefined) return valuesOf(command, option, rest, word, '');
  if (word.startsWith('-')) return { words: [...optionWords(command), ...general(), ...(word === '-' ? sources() : [])], files: false };
  return operandsOf(command, before, word, commands);
}

/** The option whose value comes next, by its own name. */
function optionAt({ options }: Described, word: string): string | undefined {
  const [, long, short] = /^(?:--([\w-]+)|-(\w))$/.exec(word) ?? [];
  const name = long ?? short;
  if (name === undefined) return undefined;
  const found = Object.entries(options).find(([own, { alias = [] }]) => own === name || [alias].flat().includes(name));
  return found === undefined || found[1].type === 'boolean' ? undefined : found[0];
}

async function valuesOf(
  command: Described,
  option: string,
  before: readonly string[],
  partial: string,
  prefix: string,
): Promise<Candidates> {
  const found = await VALUES[option]?.({ command: command.name, before, partial });
  if (found === undefined) return NONE;
  return { words: found.words.map(({ word, ...about }) => ({ word: `${prefix}${word}`, ...about })), files: found.files };
}

function optionWords({ options }: Described): readonly Candidate[] {
  return Object.entries(options).flatMap(([name, option]: [string, Options]) => {
    const about = option.describe ?? '';
    const short = [option.alias ?? []].flat().filter((one) => one.length === 1);
    return [{ word: `--${name}`, about }, ...short.map((one) => ({ word: `-${one}`, about }))];
  });
}

function general(): readonly Candidate[] {
  return [{ word: '--help', about: 'What there is' }];
}

function sources(): readonly Candidate[] {
  return [
    { word: 'live', about: 'this network namespace' },
    { word: 'pid:', about: 'the network namespace of a process' },
    { word: 'netns:', about: 'the network namespace of a file' },
    { word: '-', about: 'standard input' },
    ...['pod/', 'deploy/', 'ns/'].map((word) => ({ word, about: 'what a cluster has, by kubectl' })),
    { word: 'cluster', about: 'all that a cluster has, by kubectl' },
  ];
}

/** A SOURCE, a release, a shell, or a topic of help: as the command's operand is called. */
async function operandsOf(
  { operands, options }: Described,
  before: readonly string[],
  word: string,
  commands: readonly Described[],
): Promise<Candidates> {
  if (/\bshell\b/.test(operands)) return { words: (await import('./scripts.ts')).SHELLS.map((shell) => ({ word: shell })), files: false };
  if (/\btopic\b/.test(operands)) return { words: [...commands.map(({ name }) => ({ word: name })), { word: 'settings' }], files: false };
  if (/\brange\b/.test(operands)) {
    const [, from = '', to] = /^(.*?\.\.)(?!\d*$)?(.*)$/.exec(word) ?? [];
    const releases = await releaseWords(to ?? word);
    return { words: releases.map((release) => ({ word: `${from}${release}` })), files: false };
  }
  const [, of = '', begun] = 'workload' in options ? (/^(.+)#([^#]*)$/s.exec(word) ?? []) : [];
  if (begun !== undefined && isSource(of)) {
    const { workloadWords } = await import('./workloads.ts');
    return { words: (await workloadWords([of], begun)).map((name) => ({ word: `${of}#${name}` })), files: false };
  }
  if (/source|left|words/i.test(operands)) {
    const [, file = '', release] = /^(.*)@([\d.]*)$/.exec(word) ?? [];
    if (release !== undefined) return { words: (await releaseWords(release)).map((one) => ({ word: `${file}@${one}` })), files: false };
    const names = await clusterWords(before, word);
    if (names.length > 0) return { words: names.map((name) => ({ word: name })), files: true };
    return { words: [...sources(), { word: '@', about: "the injector's defaults of a release, as @1.28" }], files: true };
  }
  return { words: [], files: operands !== '' };
}
