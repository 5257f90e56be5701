/** A reader that has gone away ends the program quietly (`| head -1`); output that a full disk has lost does not. */
export function outputLost({ code }: { readonly code?: string }): void {
  if (code === 'EPIPE') return;
  process.stderr.write(`istio-init: standard output can not be written: ${WHY[code ?? ''] ?? code}\n`);
  process.exitCode = 2;
}

const WHY: Readonly<Record<string, string>> = {
  ENOSPC: 'no space is left (ENOSPC)',
  EDQUOT: 'the quota is used up (EDQUOT)',
  EIO: 'the device failed (EIO)',
};
