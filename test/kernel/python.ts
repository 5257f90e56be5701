import { existsSync } from 'node:fs';

/** The system's own where there is one: what stands before it on a search path may be a script that takes half a second to find it. */
export const PYTHON: string = existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3';
