// node scripts/new-release.mjs RELEASE FOLDER: what the tables lack for a release, from the rules that its own program generated.
//
// FOLDER has, for each case of golden/istio-iptables, NAME.ip and NAME.ip6 as iptables-save and ip6tables-save print them, NAME.host
// with the lines of `ip rule` and the rest as golden/ has them (`ip rule: fwmark 1337 lookup 133`), or NAME.refused where the program
// ended with an error. A file that is not there is empty. docs/new-release.md says how to make them.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { load } from 'js-yaml';

const [release, folder] = process.argv.slice(2);
if (release === undefined || folder === undefined) fail('give a release and a folder: node scripts/new-release.mjs 1.31.0 FOLDER');
const library = fileURLToPath(new URL('../dist/index.js', import.meta.url));
if (!existsSync(library)) fail('dist/index.js is missing: run "npm run build"');
if (!existsSync(folder)) fail(`${folder} does not exist`);
const { planFromArguments, printRouting, printSave } = await import(library);

function fail(line) {
  console.error(`new-release: ${line}`);
  process.exit(2);
}

const golden = fileURLToPath(new URL('../golden/istio-iptables/', import.meta.url));
const CASES = readdirSync(golden)
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => ({ name: file.replace('.yaml', ''), ...load(readFileSync(join(golden, file), 'utf8')) }));

const files = readdirSync(folder).filter((file) => /\.(ip|ip6|host|refused)$/.test(file));
const unknown = files.filter((file) => !CASES.some(({ name }) => name === file.replace(/\.\w+$/, '')));
if (unknown.length > 0) fail(`${unknown.join(', ')}: no such case in golden/istio-iptables`);
if (files.length === 0) fail(`${folder} holds no outcome: NAME.ip, NAME.ip6, NAME.host or NAME.refused`);

const { against, isKnown } = standIn();

/** What a release that is not in the table is compared with: the newest that is. */
function standIn() {
  const { release: taken, problems } =
    planOf({ args: [], env: {}, addresses: [], nameservers: [] }, release) ?? planOf({ args: [], env: {}, addresses: [], nameservers: [] });
  return { against: taken, isKnown: taken === release && problems.every(({ code }) => code !== 'unknown-release') };
}

function planOf({ args, env, addresses, nameservers }, at) {
  try {
    return planFromArguments(args, { env, addresses, nameservers, ...(at === undefined ? {} : { release: at }) });
  } catch {
    return undefined;
  }
}

/** Lines with the table before them: what a set of rules is, wherever its file has comments and counters. */
function linesOf(family, save) {
  let table = '';
  return save.split('\n').flatMap((line) => {
    if (line.startsWith('*')) table = line.slice(1).trim();
    const plain = line.replace(/ \[\d+:\d+\]$/, '').trimEnd();
    return /^-A |^:\S+ -$/.test(plain) ? [`${family} ${table} ${plain.replace(/^:(\S+) -$/, '-N $1')}`] : [];
  });
}

function textOf(name, kind) {
  const file = join(folder, `${name}.${kind}`);
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

function generated({ name }) {
  if (textOf(name, 'refused') !== undefined) return ['refused'];
  const parts = ['ip', 'ip6', 'host'].map((kind) => textOf(name, kind));
  if (parts.every((part) => part === undefined)) return undefined;
  const [ip = '', ip6 = '', host = ''] = parts;
  return [...linesOf('ip', ip), ...linesOf('ip6', ip6), ...host.split('\n').filter((line) => line.trim() !== '')];
}

function ours(golden) {
  const plan = planOf(golden, against);
  if (plan === undefined) return ['refused'];
  const host = Object.entries(printRouting(plan.routing)).flatMap(([command, lines]) => lines.map((line) => `${command}: ${line}`));
  return [...linesOf('ip', printSave(plan.ip)), ...linesOf('ip6', printSave(plan.ip6)), ...host];
}

/** What only one side has; where both have the same lines, the first that stand in another place. */
function difference(theirs, mine) {
  const rest = (of, other) => {
    const left = [...other];
    return of.filter((line) => {
      const at = left.indexOf(line);
      if (at >= 0) left.splice(at, 1);
      return at < 0;
    });
  };
  const lines = [...rest(mine, theirs).map((line) => `- ${line}`), ...rest(theirs, mine).map((line) => `+ ${line}`)];
  if (lines.length > 0) return lines;
  const at = theirs.findIndex((line, index) => line !== mine[index]);
  return at < 0 ? [] : [`~ ${theirs[at]}`];
}

const kinds = new Map();
const missing = [];
let equal = 0;
for (const one of CASES) {
  const theirs = generated(one);
  if (theirs === undefined) missing.push(one.name);
  else {
    const lines = difference(theirs, ours(one));
    if (lines.length === 0) equal += 1;
    else kinds.set(lines.join('\n'), [...(kinds.get(lines.join('\n')) ?? []), one]);
  }
}

/** What the cases of a kind are asked for, and not all cases are. */
function common(cases) {
  const words = ({ args, env }) => new Set([...args, ...Object.keys(env)]);
  const [first, ...others] = cases.map(words);
  return [...first].filter((word) => others.every((set) => set.has(word)) && !CASES.every((one) => words(one).has(word)));
}

console.log(
  isKnown
    ? `Istio ${release}, as the tables have it`
    : `Istio ${release} is not in the tables: compared with ${against}, the newest known release`,
);
console.log(
  `${equal} of ${CASES.length} cases are equal${missing.length === 0 ? '' : `; ${missing.length} were not run: ${missing.join(', ')}`}`,
);
for (const [lines, cases] of [...kinds].toSorted(([, a], [, b]) => b.length - a.length)) {
  const asked = common(cases);
  console.log(`\n${cases.length === 1 ? '1 case' : `${cases.length} cases`}: ${cases.map(({ name }) => name).join(', ')}`);
  if (asked.length > 0) console.log(`all of them have ${asked.map((word) => (word === '' ? "''" : word)).join(' ')}`);
  console.log(lines);
}
process.exitCode = kinds.size === 0 && missing.length === 0 ? 0 : 1;
