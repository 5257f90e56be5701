/** `npm run bench`: what plans and runs cost. Every claim is a ratio within this one run. `npm run bench -- hostile trace` runs these rows alone. */

import { benchApply } from './apply.ts';
import { benchBehavior } from './behavior.ts';
import { benchBundles } from './bundles.ts';
import { benchCluster } from './cluster.ts';
import { benchDropIn } from './drop-in.ts';
import { benchExplorer } from './explorer.ts';
import { benchForeign } from './foreign.ts';
import { benchGrowth } from './growth.ts';
import { benchHostile } from './hostile.ts';
import { benchNodeSave } from './node-save.ts';
import { benchParts } from './parts.ts';
import { benchPlans } from './plans.ts';
import { benchPreview } from './preview.ts';
import { benchStartup } from './startup.ts';
import type { Table } from './table.ts';
import { printTable } from './table.ts';
import { benchTrace } from './trace.ts';

const BENCHES: Readonly<Record<string, () => Table | readonly Table[] | Promise<Table | readonly Table[]>>> = {
  plans: benchPlans,
  growth: benchGrowth,
  bundles: benchBundles,
  hostile: benchHostile,
  preview: benchPreview,
  trace: benchTrace,
  behavior: benchBehavior,
  apply: benchApply,
  'drop-in': benchDropIn,
  parts: benchParts,
  foreign: benchForeign,
  'node-save': benchNodeSave,
  startup: benchStartup,
  cluster: benchCluster,
  explorer: benchExplorer,
};

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !Object.hasOwn(BENCHES, name));
if (unknown.length > 0) {
  process.stderr.write(`${unknown.join(', ')}: no such rows; there are ${Object.keys(BENCHES).join(', ')}\n`);
  process.exit(2);
}
const tables: Table[] = [];
for (const [name, bench] of Object.entries(BENCHES)) if (asked.length === 0 || asked.includes(name)) tables.push(...[await bench()].flat());
for (const table of tables) printTable(table);
const broken = tables.flatMap(({ limits }) => limits.filter(({ measured, most }) => measured > most));
for (const { what, measured, most } of broken) process.stderr.write(`${what}: ${measured.toFixed(2)}, at most ${most} allowed\n`);
process.exitCode = broken.length === 0 ? 0 : 1;
