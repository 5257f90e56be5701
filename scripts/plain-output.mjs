// Stands in for `process.stdout` and `process.stderr` in the executable.

export { standardError, standardOutput } from '../src/cli/terminal/plain-output.ts';
