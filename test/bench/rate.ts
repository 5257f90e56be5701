/** How often something can be done. */

/** Runs per second, after a warm-up. */
export function perSecond(run: () => unknown): number {
  for (let count = 0; count < 200; count += 1) run();
  const start = process.hrtime.bigint();
  let runs = 0;
  while (process.hrtime.bigint() - start < 1_000_000_000n) {
    for (let count = 0; count < 20; count += 1) run();
    runs += 20;
  }
  return runs / (Number(process.hrtime.bigint() - start) / 1e9);
}
