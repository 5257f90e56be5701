import { describe, expect, it } from 'vitest';
import { answerTo } from '../../src/explorer/answer.ts';
import { ORDINARY, questionOf } from '../../src/explorer/question.ts';
import { capture } from '../golden.ts';

describe('the answer to a question', () => {
  it('has the rules of an ordinary pod, each with its reason, and where the packet goes', () => {
    const { title, problems, chains, way, escapes } = answerTo(ORDINARY);
    expect(title).toMatch(/^an ordinary pod, Istio 1\.\d+/);
    expect(problems).toEqual([]);
    expect(chains.flatMap(({ rules }) => rules).every(({ why }) => why !== '')).toBe(true);
    expect(way?.id).toBe('envoy-outbound');
    expect(way?.steps.filter(({ mark }) => mark === '✓').at(-1)?.rule).toBe('ip nat ISTIO_REDIRECT 1');
    expect(escapes).toEqual([]);
  });

  it('follows an annotation as the injector does', () => {
    const { chains, escapes, yaml } = answerTo({ ...ORDINARY, annotations: { excludeInboundPorts: '9100' } });
    expect(chains.flatMap(({ rules }) => rules.map(({ text }) => text))).toContain('-p tcp -m tcp --dport 9100 -j RETURN');
    expect(escapes.some(({ to }) => to === 'pod:9100')).toBe(true);
    expect(yaml).toContain("traffic.sidecar.istio.io/excludeInboundPorts: '9100'");
  });

  it('says what is wrong with an annotation, as the injector would', () => {
    const { problems, chains } = answerTo({ ...ORDINARY, annotations: { excludeInboundPorts: 'http' } });
    expect(problems.join()).toContain('excludeInboundPorts');
    expect(chains).toEqual([]);
  });

  it('recognises a listing, and knows the reasons of its rules', () => {
    const { title, chains } = answerTo({ ...ORDINARY, text: capture('2021-01-default.list.txt') });
    expect(title).toBe('exactly the rules of Istio 1.7.0 to 1.12.9');
    expect(chains.flatMap(({ rules }) => rules).every(({ why }) => why !== '')).toBe(true);
  });

  it('reads a manifest, and takes the release that the page has', () => {
    const text = 'kind: Deployment\napiVersion: apps/v1\nmetadata: {name: orders}\nspec: {template: {spec: {containers: [{name: app}]}}}\n';
    expect(answerTo({ ...ORDINARY, text, release: '1.20.8' }).title).toBe('Deployment orders, Istio 1.20.8');
  });

  it.each(['<img src=x onerror=alert(1)>', '\u0000\u001b[31m', '{', 'kind: Service\napiVersion: v1\n', '*nat\n:X', 'a: *b'])(
    'is that there is nothing to look at where there are neither rules nor workloads: %j',
    (text) => {
      const { title, chains, problems } = answerTo({ ...ORDINARY, text });
      expect({ title, chains }).toEqual({ title: 'nothing to look at', chains: [] });
      expect(problems.length).toBeGreaterThan(0);
    },
  );

  it('says what is wrong with a packet and shows the rules all the same', () => {
    const { packetProblem, way, chains } = answerTo({ ...ORDINARY, to: 'nowhere at all' });
    expect(way).toBeUndefined();
    expect(packetProblem).toContain('--to');
    expect(chains.length).toBeGreaterThan(3);
  });

  it('tells by packets what another release does', () => {
    expect(answerTo({ ...ORDINARY, release: '1.28.0', against: '1.28.0' }).differences).toEqual(['no packet goes elsewhere in 1.28.0']);
    expect(answerTo({ ...ORDINARY, release: '1.28.0', against: '1.12.9' }).differences?.join('\n')).toContain('port 22');
  });
});

describe('a question from a link', () => {
  it.each([null, 7, 'x', [], { release: '9.9', from: 'nobody', to: 7, annotations: { mode: 7, wrong: 'x' }, text: {} }])(
    'is that of an ordinary pod where nothing of it can be used: %j',
    (value) => {
      expect(questionOf(value)).toEqual(ORDINARY);
    },
  );

  it('is itself again', () => {
    const question = { ...ORDINARY, text: 'x', release: '1.20.8', annotations: { mode: 'TPROXY' }, from: 'outside', to: 'pod:80' } as const;
    expect(questionOf(JSON.parse(JSON.stringify(question)))).toEqual(question);
  });
});
