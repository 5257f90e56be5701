import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };
const kernel = ['test/{kernel,pods}/**/*.test.ts'];
// The command line as users have it, once more as the executable: what differs there is the runtime, not the rules.
const executable = [
  'test/cli/{bad-input,bookinfo}.test.ts',
  'test/cli/{apply/report,changes/changes,check/check,diff/diff,explain/explain,identify/identify,preview/preview,trace/trace,workloads/workloads}.test.ts',
  'test/sources/{manifest-input,source-name}.test.ts',
  'test/kernel/{drop-in,drop-in-commands,probe}.test.ts',
  'test/package/executable.test.ts',
];
const built = existsSync(new URL('../dist/bin/istio-init', import.meta.url));
if (!built) {
  const line = 'the tests of the executable need dist/bin/istio-init, which is built where bun is installed (Linux)';
  if (process.env['CI'] === 'true') throw new Error(line);
  console.warn(`skipped: ${line}`);
}
const report = process.env['TEST_REPORT'];

export default defineConfig({
  root: fileURLToPath(new URL('..', import.meta.url)),
  define: { PACKAGE_VERSION: JSON.stringify(version) },
  test: {
    reporters: report === undefined ? ['default'] : ['default', ['json', { outputFile: report }]],
    // A machine that is busy with other work is slow, not wrong.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: { name: 'pure', include: ['test/**/*.test.ts'], exclude: [...kernel, 'test/package/executable.test.ts'], pool: 'threads' },
      },
      { extends: true, test: { name: 'kernel', include: kernel, pool: 'forks' } },
      ...(built
        ? [
            {
              extends: true as const,
              test: { name: 'executable', include: executable, env: { TEST_PROGRAM: 'executable' }, pool: 'forks' as const },
            },
          ]
        : []),
    ],
  },
});
