/** The executable is its own runtime, and has no script to name. */
export function ownProgram(): readonly [string, ...string[]] {
  return [process.execPath];
}
