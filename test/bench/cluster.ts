/** Dumps of whole clusters: pods per second, and that memory does not grow with their number. */

import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeYaml } from '../../src/istio/yaml.ts';
import { clusterText, writeCluster } from '../cluster/large.ts';
import type { Limit, Table } from './table.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BIN = join(ROOT, 'bin/istio-init');
const SIZES = [10_000, 100_000];
// The larger one is read by two threads more, which have some 50 MB of their own.
const MOST_GROWTH = 1.5;
const MOST_MEGABYTES = 300;
/** Of CPU, against what the runtime's own parser takes for the same text. */
const MOST = 2;
/** Of wall time with two threads, against one. */
const MOST_OF_WALL = 0.75;

const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  lint: ['lint', '-o', 'json'],
  'diff @own @1.28': ['diff', '@own', '@1.28', '-o', 'json'],
  escapes: ['escapes', '-o', 'json'],
};

/** JSON.parse of a dump, 64 MB at a time, cut between pods: a gigabyte is no string. In pieces it costs some less than at once. */
const YARDSTICK = `
  const { openSync, readSync } = require('node:fs');
  const file = openSync(process.argv[1], 'r');
  const bytes = Buffer.alloc(1 << 26);
  const between = '\\n        },\\n        {';
  for (let kept = 0, first = true; ; first = false) {
    const length = kept + readSync(file, bytes, kept, bytes.length - kept, null);
    const cut = bytes.subarray(0, length).lastIndexOf(between);
    const end = cut < 0 || length < bytes.length ? bytes.lastIndexOf('\\n        }', length) : cut;
    const start = first ? bytes.indexOf('[') + 1 : 0;
    JSON.parse('[' + bytes.toString('utf8', start, end + 10) + ']');
    if (length < bytes.length) break;
    kept = bytes.copy(bytes, 0, end + 11, length);
  }
`;

/** JSON.parse of a dump that is a string, as anybody would call it. */
const AT_ONCE = "JSON.parse(require('node:fs').readFileSync(process.argv[1], 'utf8'))";
// In MB: a string of JavaScript ends at 512.
const LONGEST_STRING = 500;

/** js-yaml's own reading of the same text. */
const YAML_YARDSTICK = "require('js-yaml').loadAll(require('node:fs').readFileSync(process.argv[1], 'utf8'))";
const YAML_PODS = 10_000;
const MOST_OF_YAML = 1.5;

interface Cost {
  /** Of CPU: another's work beside counts for nothing. */
  readonly seconds: number;
  /** Of the clock: another's work beside makes it longer. */
  readonly wall: number;
  /** The most that was in memory at once, as getrusage tells it. */
  readonly megabytes: number;
}

/** Dumps as kubectl prints them, for JSON.parse and for each command, one after another. */
export async function benchCluster(): Promise<readonly Table[]> {
  const folder = mkdtempSync(join(tmpdir(), 'istio-init-bench-'));
  try {
    // What a process used in all is told within that process only.
    const hook = join(folder, 'used.cjs');
    writeFileSync(
      hook,
      "process.on('exit', () => require('node:fs').writeFileSync(process.env.USED, JSON.stringify(process.resourceUsage())));\n",
    );
    const used = join(folder, 'used');
    const rows: string[][] = [];
    const limits: Limit[] = [];
    const small = new Map<string, number>();
    for (const pods of SIZES) {
      const file = join(folder, 'cluster.json');
      writeCluster(file, { pods });
      const size = statSync(file).size / 1e6;
      const number = pods.toLocaleString('en-US');
      const inPieces = await cost(['-e', YARDSTICK, file], hook, used);
      const yardstick = size < LONGEST_STRING ? await cost(['-e', AT_ONCE, file], hook, used) : inPieces;
      rows.push([`JSON.parse of 64 MB at a time, ${number} pods`, ...figures(inPieces, size, yardstick)]);
      if (yardstick !== inPieces) rows.push([`JSON.parse, ${number} pods`, ...figures(yardstick, size, yardstick)]);
      for (const [name, args] of Object.entries(COMMANDS)) {
        const own = await cost([BIN, ...args, '-f', file], hook, used);
        rows.push([`${name}, ${number} pods`, ...figures(own, size, yardstick)]);
        const what = `${name} of ${number} pods: `;
        const before = small.get(name) ?? own.megabytes;
        small.set(name, before);
        limits.push(
          { what: `${what}CPU against JSON.parse`, measured: own.seconds / yardstick.seconds, most: MOST },
          { what: `${what}MB of memory`, measured: own.megabytes, most: MOST_MEGABYTES },
          { what: `${what}memory against ${SIZES[0]} pods`, measured: own.megabytes / before, most: MOST_GROWTH },
        );
      }
    }
    const threads = await benchThreads(folder, (args) => cost(args, hook, used));
    const yaml = await benchYaml(folder, (args) => cost(args, hook, used));
    const head = ['', 'CPU s', 'MB a CPU second'];
    return [
      {
        title: 'Dumps of clusters as kubectl prints them, by the number of pods',
        head: [...head, 'of JSON.parse', 'peak MB'],
        rows,
        limits,
      },
      {
        title: 'The same dump with two more threads, and with none',
        head: ['', 'wall s', 'without', 'ratio', 'CPU s', 'without'],
        ...threads,
      },
      { title: 'The same as YAML', head: [...head, 'of js-yaml', 'peak MB'], ...yaml },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The larger dump, by the program as it is installed, and by one without the threads' program beside it. */
async function benchThreads(folder: string, costOf: (args: readonly string[]) => Promise<Cost>): Promise<Pick<Table, 'rows' | 'limits'>> {
  const alone = join(folder, 'alone');
  mkdirSync(join(alone, 'dist'), { recursive: true });
  cpSync(join(ROOT, 'bin'), join(alone, 'bin'), { recursive: true });
  // The same dump, which is long enough for them.
  for (const name of ['cli.cjs', 'cli.cache']) cpSync(join(ROOT, 'dist', name), join(alone, 'dist', name), { preserveTimestamps: true });
  const file = join(folder, 'cluster.json');
  const rows: string[][] = [];
  const limits: Limit[] = [];
  for (const [name, args] of Object.entries(COMMANDS)) {
    const own = await costOf([BIN, ...args, '-f', file]);
    const without = await costOf([join(alone, 'bin/istio-init'), ...args, '-f', file]);
    const ratio = own.wall / without.wall;
    rows.push([name, own.wall.toFixed(1), without.wall.toFixed(1), ratio.toFixed(2), own.seconds.toFixed(1), without.seconds.toFixed(1)]);
    // One processor has none.
    if (availableParallelism() > 1)
      limits.push({ what: `${name}: wall time with threads against none`, measured: ratio, most: MOST_OF_WALL });
  }
  return { rows, limits };
}

/** A List as `kubectl get pods -A -o yaml` prints it, and a stream of documents. */
async function benchYaml(folder: string, costOf: (args: readonly string[]) => Promise<Cost>): Promise<Pick<Table, 'rows' | 'limits'>> {
  const { items } = JSON.parse(clusterText({ pods: YAML_PODS / 10, compact: true }).text) as { readonly items: readonly object[] };
  const tenTimes = (texts: readonly string[]): string => Array.from({ length: 10 }, () => texts.join('')).join('');
  const texts = items.map((item) => writeYaml(item));
  const files = {
    List: `apiVersion: v1\nitems:\n${tenTimes(texts.map((text) => `- ${text.trimEnd().replaceAll('\n', '\n  ')}\n`))}kind: List\n`,
    stream: tenTimes(texts.map((text) => `---\n${text}`)),
  };
  const rows: string[][] = [];
  const limits: Limit[] = [];
  const number = YAML_PODS.toLocaleString('en-US');
  for (const [form, text] of Object.entries(files)) {
    const file = join(folder, 'cluster.yaml');
    writeFileSync(file, text);
    const size = text.length / 1e6;
    const yardstick = await costOf(['-e', YAML_YARDSTICK, file]);
    rows.push([`js-yaml, ${form} of ${number} pods`, ...figures(yardstick, size, yardstick)]);
    for (const [name, args] of Object.entries(COMMANDS)) {
      const own = await costOf([BIN, ...args, '-f', file]);
      rows.push([`${name}, ${form} of ${number} pods`, ...figures(own, size, yardstick)]);
      const what = `${name} of ${number} pods of YAML (${form}): `;
      limits.push(
        { what: `${what}CPU against js-yaml`, measured: own.seconds / yardstick.seconds, most: MOST_OF_YAML },
        { what: `${what}MB of memory`, measured: own.megabytes, most: MOST_MEGABYTES },
      );
    }
  }
  return { rows, limits };
}

function figures({ seconds, megabytes }: Cost, size: number, yardstick: Cost): readonly string[] {
  return [seconds.toFixed(1), (size / seconds).toFixed(0), (seconds / yardstick.seconds).toFixed(2), megabytes.toFixed(0)];
}

function cost(args: readonly string[], hook: string, used: string): Promise<Cost> {
  const child = spawn(process.execPath, ['--require', hook, ...args], { stdio: 'ignore', env: { ...process.env, USED: used } });
  const begin = performance.now();
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => {
      // 1: there are differences, or findings.
      if (code !== 0 && code !== 1) return reject(new Error(`${args.join(' ')} ended with ${code}`));
      const { userCPUTime, systemCPUTime, maxRSS } = JSON.parse(readFileSync(used, 'utf8')) as NodeJS.ResourceUsage;
      resolve({ seconds: (userCPUTime + systemCPUTime) / 1e6, wall: (performance.now() - begin) / 1000, megabytes: maxRSS / 1024 });
    });
  });
}
