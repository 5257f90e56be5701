// Says of a vitest report what was skipped and which known differences stand, and prints the counts alone on a line.

import { existsSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';

const [report] = process.argv.slice(2);
const { testResults: files = [] } = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : {};
const tests = files.flatMap(({ name, assertionResults }) => assertionResults.map((test) => ({ ...test, file: relative('.', name) })));

const passed = tests.filter(({ status }) => status === 'passed').length;
// A file that does not even load has no tests to count: it counts as one that failed.
const broken = files.filter(
  ({ status, assertionResults }) => status === 'failed' && assertionResults.every((test) => test.status !== 'failed'),
);
const failed = tests.filter(({ status }) => status === 'failed').length + broken.length;
const skipped = tests.filter(({ status }) => status !== 'passed' && status !== 'failed');

for (const { ancestorTitles, title } of tests) {
  const titles = [...ancestorTitles, title];
  const known = titles.findIndex((one) => one.startsWith('KNOWN DIFFERENCE'));
  if (known >= 0) console.log(titles.slice(known).join(' '));
}
for (const file of new Set(skipped.map((test) => test.file))) {
  console.log(`skipped: ${skipped.filter((test) => test.file === file).length} of ${file}`);
}
console.log(`${passed} passed, ${failed} failed, ${skipped.length} skipped`);

const ci = (process.env['CI'] ?? 'false') !== 'false' && process.env['CI'] !== '';
if (ci && skipped.length > 0) console.log('With CI=true a skipped test is a failure.');
if (passed === 0 || failed > 0 || (ci && skipped.length > 0)) process.exitCode = 1;
