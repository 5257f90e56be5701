// docs/tour.md and its pictures, and the other pictures of the documents. `npm run readme`; tests compare.

import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { importOf } from './explorer.mjs';
import { printed } from './readme.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const { tourPage } = await importOf('src/explorer/tour-page.ts');
const { page, pictures } = tourPage();
writeFileSync('docs/tour.md', page);
for (const [file, picture] of Object.entries(pictures)) writeFileSync(`docs/pictures/${file}`, picture);
writeFileSync('docs/pictures/rules.svg', printed('(istio-init preview @1.30 -o svg 2>/dev/null)'));
writeFileSync('docs/pictures/app-to-service.svg', printed('(istio-init trace @1.30 --request app-to-service -o svg 2>/dev/null)'));
