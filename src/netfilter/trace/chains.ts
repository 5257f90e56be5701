/** One packet through one built-in chain and all it leads to. */

import type { Match } from '../rule/match.ts';
import type { Policy } from '../rule.ts';
import { reportedField } from './reported.ts';
import type { Field, Hook, MatchAnswer, PolicyPlace, Question } from './result.ts';
import type { PreparedChain, PreparedRule, PreparedRules } from './rules.ts';
import type { Next } from './targets.ts';
import { perform } from './targets.ts';
import type { Test } from './test.ts';
import type { Walk } from './walk.ts';

/** Asks a base chain at its hook. False where the packet goes no further. */
export function walkBaseChain(walk: Walk, { walkChain }: PreparedRules, chain: PreparedChain, hook: Hook): boolean {
  walk.hook = hook;
  walk.chainKind = chain.chainKind;
  walk.native = chain.table.native;
  if (walkChain !== undefined) return walkChain(walk, chain);
  walk.steps?.push({
    kind: 'chain',
    table: chain.table.name,
    chain: chain.name,
    inInterface: reportedField(walk, 'inInterface'),
    outInterface: reportedField(walk, 'outInterface'),
  });
  const next = runChain(walk, chain, 0);
  if (next === 'return' || next === 'continue') return decide(walk, chain);
  return next === 'accept';
}

/** At the end of a built-in chain, or where a rule in it returns, its policy decides. */
export function decide(walk: Walk, { table, name, policy }: PreparedChain): boolean {
  const at: PolicyPlace = { table: table.name, chain: name, policy };
  const decided = policy === 'unknown' ? applyPolicy(walk, at) : policy;
  walk.steps?.push({ kind: 'end-of-chain', table: table.name, chain: name, depth: 0, policy: decided });
  if (decided === 'DROP') walk.end = { kind: 'dropped', by: { kind: 'policy', ...at } };
  if (decided === 'QUEUE') walk.end = { kind: 'queued', by: at };
  return walk.end === undefined;
}

function applyPolicy(walk: Walk, at: PolicyPlace): Policy {
  const key = `policy ${at.table} ${at.chain}`;
  const before = walk.remembered.get(key);
  const accepts = before ?? walk.oracle.ask({ kind: 'policy', at }, ['accept', 'drop']) === 'accept';
  walk.remembered.set(key, accepts);
  return accepts ? 'ACCEPT' : 'DROP';
}

/** A path of jumps that is longer than this is a loop, or nothing that a kernel loads. */
const DEEPEST = 512;

/** Walks one chain from its first rule. `return` and `continue` lead back to the caller alike. */
function runChain(walk: Walk, chain: PreparedChain, depth: number): Next {
  const { rules } = chain;
  for (let index = 0; index < rules.length; index += 1) {
    const rule = rules[index];
    if (rule === undefined || !matches(walk, rule, depth)) continue;
    const next = rule.target.kind === 'jump' ? jump(walk, chain, rule, depth) : performNoted(walk, rule);
    if (next !== 'continue') return next;
    index += rule.alternatives;
  }
  if (depth > 0) walk.steps?.push({ kind: 'end-of-chain', table: chain.table.name, chain: chain.name, depth, policy: '-' });
  return 'continue';
}

function performNoted(walk: Walk, { place, idle }: PreparedRule): Next {
  const next = idle ? 'continue' : perform(walk, place);
  walk.changes = null;
  if (next !== 'break') return next;
  const last = walk.steps?.pop();
  if (last?.kind === 'rule') walk.steps?.push({ ...last, answer: 'failed' });
  return 'continue';
}

/** `-j` comes back to the next rule; `-g` to wherever this chain would. */
function jump(walk: Walk, { table }: PreparedChain, { place, target }: PreparedRule, depth: number): Next {
  if (target.kind !== 'jump') return 'continue';
  const to = table.chains.get(target.chain);
  if (to === undefined) return jumpToNowhere(walk, { kind: 'target', at: place });
  // Without a loop no path is longer than the chains there are.
  if (depth >= Math.min(table.chains.size, DEEPEST)) {
    walk.end = { kind: 'unknown', why: { kind: 'loop', at: place }, outcomes: [] };
    return 'stop';
  }
  const next = runChain(walk, to, depth + 1);
  if (next === 'accept' || next === 'stop') return next;
  return target.goto ? 'return' : 'continue';
}

/** A chain that the text does not show. */
export function jumpToNowhere(walk: Walk, question: Extract<Question, { kind: 'target' }>): Next {
  const answer = walk.oracle.ask(question, ['continue', 'accept', 'drop']);
  if (answer !== 'drop') return answer === 'accept' ? 'accept' : 'continue';
  walk.end = { kind: 'dropped', by: { kind: 'rule', ...question.at } };
  return 'stop';
}

/** Whether all matches hold. What can't be told is asked, unless the rule makes no difference. */
function matches(walk: Walk, rule: PreparedRule, depth: number): boolean {
  let doubt: Test | undefined;
  for (const test of rule.tests) {
    const holds = test.holds(walk);
    if (holds === 'no') return note(walk, rule, depth, 'failed', test);
    if (holds === 'maybe') doubt ??= test;
  }
  if (doubt === undefined) return note(walk, rule, depth, 'matched');
  if (rule.idle && rule.alternatives === 0) return note(walk, rule, depth, 'unknown', doubt);
  // An answer may settle what a later match asks for as well.
  for (const test of rule.tests) {
    if (!settled(walk, rule, test)) return note(walk, rule, depth, 'failed', test);
  }
  return note(walk, rule, depth, 'matched');
}

function settled(walk: Walk, rule: PreparedRule, test: Test): boolean {
  const holds = test.holds(walk);
  if (holds !== 'maybe') return holds === 'yes';
  const yes = walk.oracle.yes(questionOf(test.field, test.match, rule));
  test.assume(walk, yes);
  return yes;
}

function questionOf(field: Field | undefined, match: Match, { place }: PreparedRule): Question {
  return field === undefined ? { kind: 'match', at: place, match } : { kind: 'field', field, at: place, match };
}

function note(walk: Walk, { place }: PreparedRule, depth: number, answer: 'matched' | 'failed' | 'unknown', test?: Test): boolean {
  if (walk.steps !== null) {
    const because = test === undefined ? undefined : answerOf(walk, test);
    walk.changes = answer === 'matched' ? [] : null;
    walk.steps.push({ kind: 'rule', ...place, depth, answer, ...(because && { because }), changes: walk.changes ?? [] });
  }
  return answer === 'matched';
}

function answerOf(walk: Walk, { match, field }: Test): MatchAnswer {
  return { match, field, value: field === undefined ? undefined : reportedField(walk, field) };
}
