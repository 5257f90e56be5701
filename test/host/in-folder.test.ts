import { join } from 'node:path';
import { expect, it } from 'vitest';
import { inFolder } from '../../src/host/in-folder.ts';

it.each(['pods', 'pods/', './pods', './pods//', '.', './', '/', '/etc', '/etc/', '..', '../pods', 'a/b', './/a/'])(
  'a name in the folder %s is called as people write it, and as Node joins it',
  (folder) => {
    expect(inFolder(folder, 'a.yaml')).toBe(join(folder, 'a.yaml'));
  },
);
