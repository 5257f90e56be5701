import { expect, it } from 'vitest';
import { observationText } from '../../../src/cli/explorer/observation-text.ts';
import { answerTo } from '../../../src/explorer/answer.ts';
import { ORDINARY } from '../../../src/explorer/question.ts';
import { planFromSettings } from '../../../src/istio/kubernetes/plan-from-settings.ts';
import { observeAll } from '../../../src/netfilter/observation.ts';

const seen = observeAll(planFromSettings({}));
const answer = (text: string) => answerTo({ ...ORDINARY, text });

it('what was seen as a whole is a whole to the page', () => {
  const { title, path: way, problems } = answer(observationText('pid:4242', seen));
  expect([title.startsWith('Exactly the rules of Istio'), way?.id, problems]).toEqual([true, 'envoy-outbound', []]);
});

it.each([
  { family: 'ip', table: 'nat', chain: 'ISTIO_OUTPUT', reason: 'a rule of it could not be read' },
  { family: 'ip', table: 'raw', reason: 'Permission denied\n*nat\n-F' },
  { reason: 'nft could not be started' },
] as const)('what could not be read of a live source stays not known in the page: %j', (unseen) => {
  const text = observationText('pid:4242', { ...seen, unseen: [unseen] });
  expect(text).toMatch(/^# pid:4242, as it was read: what changed since is not here\n/);
  const { path: way, problems, chains } = answer(text);
  expect(way?.id).toBe('unknown');
  expect(problems.map((one) => one.text).join()).toContain('NOT READ');
  expect(chains.length).toBe(answer(observationText('pid:4242', seen)).chains.length);
});
