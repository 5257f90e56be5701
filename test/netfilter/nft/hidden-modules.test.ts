/** What nft shows of rules of iptables-nft, compared: names of modules in place of what is asked of them. */

import { describe, expect, it } from 'vitest';
import { compareRulesets } from '../../../src/netfilter/compare.ts';
import { withNft } from '../../../src/netfilter/nft/as-rules.ts';
import { readNft } from '../../../src/netfilter/nft/read.ts';
import { compareObservations, observeText } from '../../../src/netfilter/observation.ts';
import type { ReadResult } from '../../../src/netfilter/read.ts';
import { readRules } from '../../../src/netfilter/read.ts';

const XT = (name: string | null): object => ({ xt: name === null ? null : { type: 'match', name } });
const TO = (name: string | null): object => ({ xt: name === null ? null : { type: 'target', name } });
const TCP = { match: { op: '==', left: { meta: { key: 'l4proto' } }, right: 'tcp' } };
const COUNTER = { counter: { packets: 3, bytes: 180 } };

function json(...rules: readonly (readonly object[])[]): ReadResult {
  const of = { family: 'ip', table: 'nat', chain: 'ISTIO_OUTPUT' };
  const items = [
    { metainfo: { json_schema_version: 1 } },
    { table: { family: 'ip', name: 'nat' } },
    { chain: { family: 'ip', table: 'nat', name: 'ISTIO_OUTPUT' } },
    ...rules.map((expr) => ({ rule: { ...of, expr } })),
  ];
  const text = JSON.stringify({ nftables: items });
  const nft = readNft(text);
  if (nft === undefined) throw new Error('no rules of nft');
  return withNft(readRules(text), nft);
}

const save = (...rules: readonly string[]): ReadResult =>
  readRules(`*nat\n:ISTIO_OUTPUT - [0:0]\n${rules.map((rule) => `-A ISTIO_OUTPUT ${rule}\n`).join('')}COMMIT\n`);

const differences = (left: ReadResult, right: ReadResult) =>
  compareObservations(observeText(left), observeText(right)).differences.map(({ kind }) => kind);

describe('a rule of which nft shows a module by its name', () => {
  it('is equal to one that asks anything of it, and to no other', () => {
    const owner = json([XT('owner'), COUNTER, { return: null }]);
    expect(differences(owner, save('-m owner --uid-owner 1337 -j RETURN'))).toEqual([]);
    expect(differences(owner, save('-m owner ! --gid-owner 7 -j RETURN'))).toEqual([]);
    expect(differences(owner, save('-m owner --uid-owner 1 --gid-owner 2 -j RETURN'))).toEqual([]);
    expect(differences(owner, save('-j RETURN'))).not.toEqual([]);
    expect(differences(owner, save('-m owner --uid-owner 1337 -j ACCEPT'))).not.toEqual([]);
    expect(differences(owner, save('-m mark --mark 1 -j RETURN'))).not.toEqual([]);
    expect(differences(owner, save('-p tcp -m owner --uid-owner 1337 -j RETURN'))).not.toEqual([]);
    expect(differences(owner, save('-m owner --uid-owner 1 -j RETURN', '-m owner --uid-owner 2 -j RETURN'))).toEqual(['extra']);
    expect(differences(save(), owner)).toEqual(['extra']);
  });

  it('is one by each of its names: state is kept as conntrack', () => {
    expect(differences(json([XT('conntrack'), { accept: null }]), save('-m state --state ESTABLISHED -j ACCEPT'))).toEqual([]);
    expect(differences(json([XT('tcp'), { accept: null }]), save('-p tcp -m tcp --dport 80 -j ACCEPT'))).not.toEqual([]);
    expect(differences(json([TCP, XT('tcp'), { accept: null }]), save('-p tcp -m tcp --dport 80 -j ACCEPT'))).toEqual([]);
  });

  it('is never among the rules that are followed, and a comment hides nothing', () => {
    const read = json([XT('owner'), { return: null }], [XT('comment'), TCP, { return: null }]);
    expect(read.rulesets.flatMap(({ tables }) => tables.flatMap(({ chains }) => chains.map(({ rules }) => rules.length)))).toEqual([1]);
    expect(observeText(read).unseen).toEqual([
      {
        family: 'ip',
        table: 'nat',
        chain: 'ISTIO_OUTPUT',
        lines: [1],
        matched: ['owner'],
        reason: expect.stringContaining('1 rule asks of owner'),
      },
    ]);
    expect(compareRulesets(read.rulesets, save('-p tcp -j RETURN').rulesets)).toEqual([]);
  });

  it('does not hide what else could not be read in its chain', () => {
    const { differences: found, notCompared } = compareObservations(
      observeText(json([XT('owner'), { return: null }])),
      observeText(save('-m owner --uid-owner 1 -j RETURN', '-m owner --uid-owner "')),
    );
    expect(found).toEqual([]);
    expect(notCompared.map(({ operand }) => operand)).toEqual(['left', 'right']);
  });
});

describe('a rule of which nft before 1.0.5 shows that there is something', () => {
  it('is equal to one that asks anything of iptables, and jumps where it is shown to', () => {
    const bare = json([TCP, XT(null), { jump: { target: 'ISTIO_REDIRECT' } }]);
    expect(differences(bare, save('-p tcp -m owner --uid-owner 1 -j ISTIO_REDIRECT'))).toEqual([]);
    expect(differences(bare, save('-p tcp -m multiport --dports 1,2 -j ISTIO_REDIRECT'))).toEqual([]);
    expect(differences(bare, save('-p tcp -m owner --uid-owner 1 -j ISTIO_IN_REDIRECT'))).not.toEqual([]);
    expect(differences(bare, save('-p udp -m owner --uid-owner 1 -j ISTIO_REDIRECT'))).not.toEqual([]);
  });

  it('has some target where nothing stands behind it', () => {
    const bare = json([TCP, COUNTER, TO(null)]);
    expect(differences(bare, save('-p tcp -j REDIRECT --to-ports 15001'))).toEqual([]);
    expect(differences(bare, save('-p tcp -j RETURN'))).not.toEqual([]);
  });

  it('is not read where its JSON is none of nft', () => {
    const read = json([{ match: { op: '==', left: { meta: {} }, right: null } }, { xt: 5 }, { return: null }]);
    expect(observeText(read).unseen).toHaveLength(1);
  });
});
