/** `npm run bench`: what plans and runs cost. Every claim is a ratio within this one run. */

import { benchApply } from './apply.ts';
import { benchBehavior } from './behavior.ts';
import { benchBundles } from './bundles.ts';
import { benchCluster } from './cluster.ts';
import { benchGrowth } from './growth.ts';
import { benchNodeSave } from './node-save.ts';
import { benchPlans } from './plans.ts';
import { benchPreview } from './preview.ts';
import { benchStartup } from './startup.ts';
import { printTable } from './table.ts';
import { benchTrace } from './trace.ts';

const tables = [
  benchPlans(),
  benchGrowth(),
  benchBundles(),
  benchPreview(),
  benchTrace(),
  benchBehavior(),
  ...benchApply(),
  ...benchNodeSave(),
  ...benchStartup(),
  await benchCluster(),
];
for (const table of tables) printTable(table);
const broken = tables.flatMap(({ limits }) => limits.filter(({ measured, most }) => measured > most));
for (const { what, measured, most } of broken) process.stderr.write(`${what}: ${measured.toFixed(2)}, at most ${most} allowed\n`);
process.exitCode = broken.length === 0 ? 0 : 1;
