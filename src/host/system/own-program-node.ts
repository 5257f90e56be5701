/** How this program is started once more: Node with its script. */
export function ownProgram(): readonly [string, ...string[]] {
  return [process.execPath, process.argv[1] ?? ''];
}
