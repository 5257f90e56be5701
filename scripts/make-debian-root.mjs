// Makes a root of Debian, where it can be made and is not yet there: make-debian-root.mjs NAME

import { makeDebianRoot } from './debian-root.mjs';

const [name] = process.argv.slice(2);
const lacking = makeDebianRoot(name);
if (lacking !== undefined) console.error(`note: there is no root for ${name}: ${lacking}`);
