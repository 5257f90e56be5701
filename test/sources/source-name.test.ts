import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatProblem, ProblemError } from '../../src/istio/problems.ts';
import type { SourceName } from '../../src/sources/source-name.ts';
import { parseSource } from '../../src/sources/source-name.ts';
import { expectRefused, run } from '../cli/program.ts';
import { property } from '../property.ts';

describe('a SOURCE', () => {
  it.each<[string | undefined, SourceName]>([
    [undefined, { kind: 'settings' }],
    ['@1.23', { kind: 'settings', release: '1.23' }],
    ['release:1.23.4', { kind: 'settings', release: '1.23.4' }],
    ['@', { kind: 'settings', release: '' }],
    ['@own', { kind: 'own' }],
    ['@own@1.23', { kind: 'settings', release: 'own@1.23' }],
    ['release:own', { kind: 'settings', release: 'own' }],
    ['./@own', { kind: 'file', file: './@own' }],
    ['saved.txt', { kind: 'file', file: 'saved.txt' }],
    ['-', { kind: 'file', file: '-' }],
    ['a@b.yaml@1.23', { kind: 'file', file: 'a@b.yaml', release: '1.23' }],
    ['./live', { kind: 'file', file: './live' }],
    ['./live@1.23', { kind: 'file', file: './live', release: '1.23' }],
    ['lively', { kind: 'file', file: 'lively' }],
    ['./pid:7', { kind: 'file', file: './pid:7' }],
    ['live', { kind: 'namespace', target: { kind: 'here' } }],
    ['pid:7', { kind: 'namespace', target: { kind: 'pid', pid: 7 } }],
    ['netns:/run/netns/a@1.23', { kind: 'namespace', target: { kind: 'netns', path: '/run/netns/a@1.23' } }],
    ['exec:istio-iptables -p 1@1.23', { kind: 'command', text: 'istio-iptables -p 1@1.23' }],
  ])('%j is %j', (source, name) => {
    expect(parseSource(source)).toEqual(name);
  });

  it.each([
    ['@Own', '@Own is neither a release, as @1.23, nor @own (did you mean @own?)'],
    ['@won', '@won is neither a release, as @1.23, nor @own (did you mean @own?)'],
    ['live@1.23', 'live@1.23 names a release, and live rules have none; a file of that name needs its path, as ./live'],
    ['pid:', 'pid: "" is not the number of a process, as in pid:4711'],
    ['pid:x', 'pid: "x" is not the number of a process, as in pid:4711'],
    ['pid:7@1.23', 'pid: "7@1.23" is not the number of a process, as in pid:4711'],
    ['pid:-1', 'pid: "-1" is not the number of a process, as in pid:4711'],
    ['netns:', 'netns: a path must follow, as in netns:/run/netns/NAME'],
    ['exec:', "exec: a command for the shell must follow, as in 'exec:istio-iptables'"],
    ['exec: \n', "exec: a command for the shell must follow, as in 'exec:istio-iptables'"],
  ])('%j is refused in one line', (source, line) => {
    expect(() => parseSource(source)).toThrow(line);
  });

  const kinds = fc.constantFrom('', 'live', 'pid:', 'netns:', 'exec:', '@', 'release:');
  property([kinds, fc.string({ unit: 'binary' })])('is read, or refused in one line, whatever it is', (kind, rest) => {
    try {
      expect(parseSource(kind + rest)).toHaveProperty('kind');
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      expect(error.problems.map(formatProblem)).toEqual([expect.not.stringMatching(/\n/)]);
    }
  });

  property([fc.string({ unit: 'binary' }).filter((text) => text.trim() !== '')])('exec: keeps every text as it is', (text) => {
    expect(parseSource(`exec:${text}`)).toEqual({ kind: 'command', text });
  });
});

describe.concurrent('the command line refuses', () => {
  it.each([
    ['a process that is not there', ['pid:4194305'], 'pid:4194305: process 4194305 does not exist'],
    ['a namespace that is not there', ['netns:/nowhere'], 'netns:/nowhere: the network namespace /nowhere does not exist'],
    ['a file that is no namespace', ['netns:/etc/passwd'], 'netns:/etc/passwd /etc/passwd is not a network namespace'],
    ['arguments beside rules that are live', ['live', '--', '-p', '1'], '-- live holds rules; arguments do not go with it'],
    ['settings beside rules that are live', ['live', '-f', 'x.yaml'], '--filename x.yaml is one too many: live is named already'],
    ['settings beside a command', ['exec:true', '-f', 'x.yaml'], '--filename x.yaml is one too many: exec: is named already'],
    ['a deadline that is no number', ['exec:true', '--deadline', '1.5'], '--deadline "1.5" is not a number of seconds, as 30'],
    ['a deadline of nothing', ['exec:true', '--deadline', '0'], '--deadline "0" is not a number of seconds, as 30'],
  ])('%s', async (_, args, line) => {
    expectRefused(await run(['preview', ...args]), line);
  });
});
