/** The operating system that this build of the program runs on: the build puts another runtime's in the place of Node's. */

export { system } from './system/node.ts';
