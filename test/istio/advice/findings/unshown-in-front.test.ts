import { describe, expect, it } from 'vitest';
import { unshownInFront } from '../../../../src/istio/advice/findings/unshown-in-front.ts';
import { observeRules } from '../../../../src/istio/found/observe-rules.ts';
import { planFromSettings } from '../../../../src/istio/kubernetes/plan-from-settings.ts';
import { printSave } from '../../../../src/netfilter/print.ts';
import { readRules } from '../../../../src/netfilter/read.ts';

const SAVE = printSave(planFromSettings({}).ip);
const JUMP = /^-A OUTPUT .*-j ISTIO_OUTPUT$/m;
const unshown = (text: string): readonly string[] => unshownInFront(observeRules(readRules(text))).map(({ reason }) => reason);

describe('a chain of others that is not shown', () => {
  it('leaves nothing certain where packets go through it before ours', () => {
    expect(unshown(SAVE.replace(JUMP, '-A OUTPUT -j KUBE-X\n$&'))).toEqual([
      'rule 1 of OUTPUT leads to KUBE-X before ours are asked, and that chain is not shown',
    ]);
  });

  it.each([
    ['behind ours', SAVE.replace(JUMP, '$&\n-A OUTPUT -j KUBE-X')],
    ['that is shown', SAVE.replace(JUMP, '-A OUTPUT -j KUBE-X\n$&').replace(':OUTPUT', ':KUBE-X - [0:0]\n:OUTPUT')],
    ['in filter', `${SAVE}*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n-A OUTPUT -j KUBE-FIREWALL\nCOMMIT\n`],
    ['where none is', SAVE],
  ])('%s is no matter', (_, text) => {
    expect(unshown(text)).toEqual([]);
  });
});
