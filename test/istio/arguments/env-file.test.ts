import { expect, it } from 'vitest';
import { readEnvFile } from '../../../src/istio/arguments/env-file.ts';

it.each([
  ["ISTIO_SERVICE_CIDR='*'", { name: 'ISTIO_SERVICE_CIDR', value: '*' }],
  ['A="a b"', { name: 'A', value: 'a b' }],
  ['export A=1', { name: 'A', value: '1' }],
  ['A=1 # why', { name: 'A', value: '1' }],
  ['A=a b', { name: 'A', value: 'a b' }],
  ['A=\'{"x":"y"}\'', { name: 'A', value: '{"x":"y"}' }],
  ['A=', { name: 'A', value: '' }],
  ['not one', { unreadable: 'not one' }],
])('an environment file is read as a shell reads it: %s', (line, expected) => {
  expect(readEnvFile(`# before\n\n${line}\r\n`)).toEqual([expected]);
});
