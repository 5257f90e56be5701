import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import type { TestSpecification } from 'vitest/node';
import { BaseSequencer } from 'vitest/node';
import { LINT_PAGES } from '../scripts/lint-pages.mjs';
import { pathPastDispatcher } from './cluster/dispatcher.ts';
import { LATE_OPTIMIZING } from './late-optimizing.ts';
import { modulesOfSrc } from './modules-of-src.ts';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };
/** What asks the kernel, real pods or a browser: most of it needs root or what only root installs, and all of it waits. */
const WAITING = ['test/kernel/', 'test/pods/', 'test/explorer/page'];
const exclude = process.env['WITHOUT_ROOT'] === undefined ? [] : WAITING.map((start) => `${start}**`);
// The command line as users have it, once more as the executable: what differs there is the runtime, not the rules.
const executable = ['test/package/executable*.test.ts'];
const asExecutables = ['test/kernel/same-answers.test.ts'];
// What an init container runs, once more as each of the executables: processes, signals, handles, sockets, what fails and what is killed.
const inKernel = [
  ...asExecutables,
  'test/kernel/{apply-process,cut-off,drop-in-process,escape,killed,native-failures,native-killed,native-transitions,probe,surroundings}.test.ts',
];
// The static one, which the images run, is asked for all of it.
const allInKernel = [...inKernel, 'test/kernel/{drop-in,drop-in-commands,native}.test.ts'];

/** Whether a build is there. */
function isBuilt(file: string, where: string): boolean {
  const built = existsSync(new URL(`../${file}`, import.meta.url));
  if (!built) console.warn(`skipped: the tests of ${file} need it, and it is built ${where}`);
  return built;
}

const built = isBuilt('dist/bin/istio-init', 'where bun is installed (Linux)');
if (!built && process.env['CI'] === 'true') throw new Error('CI has bun, and dist/bin/istio-init is not there');
const builtStatic = isBuilt('dist/static/istio-iptables', 'where root can make a Debian root (Linux on x64, mmdebstrap)');
const report = process.env['TEST_REPORT'];

// On Node 20 that variable alone costs 38 ms at every start, and the tests start the program some thousand times.
delete process.env['NODE_EXTRA_CA_CERTS'];

// kubectl and its like end before what they would collect is worth it, a third of their time, and before a second thread is, a tenth of the rest.
Object.assign(process.env, { GOGC: 'off', GOMEMLIMIT: '512MiB', GOMAXPROCS: '1', PATH: pathPastDispatcher(process.env['PATH'] ?? '') });

/** One project after the other, for a worker that meets a file of another ends; in each the long files first: the short ones then fill what is left. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const rank = ({ project, moduleId }: TestSpecification): number =>
      2 * PROJECTS.indexOf(project.name) + (WAITING.some((start) => moduleId.includes(`/${start}`)) ? 0 : 1);
    return sorted.toSorted((a, b) => rank(a) - rank(b));
  }
}

// As few as there can be: each worker of each reads all modules.
const PROJECTS = ['static', 'executable', 'node'];

const define = { PACKAGE_VERSION: JSON.stringify(version), LINT_PAGES: JSON.stringify(LINT_PAGES) };

export default defineConfig({
  root: fileURLToPath(new URL('..', import.meta.url)),
  define,
  // Whoever runs some tests while writing has the lines of the sources in a stack trace.
  plugins: report === undefined ? [] : [await modulesOfSrc(define)],
  test: {
    reporters: report === undefined ? ['default'] : ['default', ['json', { outputFile: report }]],
    // A machine that is busy with other work is slow, not wrong.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Modules are read once for all files of a worker: reading them is half of the time of a pure test.
    isolate: false,
    pool: 'forks',
    // A worker that keeps its modules has much that lives long, and tests make much that does not: with room for the young, a tenth of its time less.
    execArgv: ['--max-semi-space-size=64', '--single-threaded-gc', ...LATE_OPTIMIZING],
    // Two more than there are processors: what asks the kernel, a cluster or a browser waits for a third of its time. Each worker reads all modules.
    maxWorkers: 2 + availableParallelism(),
    sequence: { sequencer: LongestFirst },
    projects: [
      { extends: true, test: { name: 'node', include: ['test/**/*.test.ts'], exclude: [...executable, ...asExecutables, ...exclude] } },
      ...(built
        ? [
            {
              extends: true as const,
              test: { name: 'executable', include: [...executable, ...inKernel], exclude, env: { TEST_PROGRAM: 'executable' } },
            },
          ]
        : []),
      ...(builtStatic
        ? [{ extends: true as const, test: { name: 'static', include: allInKernel, exclude, env: { TEST_PROGRAM: 'static' } } }]
        : []),
    ],
  },
});
