/** What a terminal obeys does not get there from outside, whatever the command and the form: file names, names and values of manifests, words of the command line. */

import { afterAll, describe, expect, it } from 'vitest';
import { run, scratchFolder } from '../program.ts';

const folder = scratchFolder();
afterAll(folder.remove);

const EVIL = '\u001b[2J\u009b31m\u202egnp\u2066.exe\u2028\u007f';
const metadata = {
  name: `a${EVIL}`,
  namespace: `n${EVIL}`,
  annotations: { 'sidecar.istio.io/interceptionMode': `TPROXY${EVIL}`, [`traffic.sidecar.istio.io/x${EVIL}`]: '1' },
};
const pod = { apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers: [{ name: `c${EVIL}`, image: `i${EVIL}` }] } };
const list = { apiVersion: 'v1', kind: 'List', items: [pod, { ...pod, metadata: { ...metadata, annotations: {} } }] };
const named = folder.write(`f${EVIL}.json`, JSON.stringify(pod));
folder.write('list.json', JSON.stringify(list));
const rules = folder.write(
  `r${EVIL}.txt`,
  `*nat\n:OUTPUT ACCEPT [0:0]\n:X${EVIL} - [0:0]\n-A OUTPUT -m comment --comment "c${EVIL}" -j X${EVIL}\n-A OUTPUT -p tcp ${EVIL}\n-A OUTPUT -o e${EVIL} -j RETURN\nCOMMIT\n`,
);

const CALLS: readonly (readonly string[])[] = [
  ...['text', 'github', 'sarif', EVIL].map((form) => ['lint', named, '-o', form]),
  ...['text', 'table', 'json', 'github', 'markdown'].map((form) => ['lint', 'list.json', '-o', form]),
  ...['text', 'json'].flatMap((form) => [
    ['explain', '-f', 'list.json', '-o', form],
    ['check', rules, '-o', form],
    ['identify', rules, '-o', form],
    ['diff', rules, '@1.20', '-o', form],
    ['trace', rules, '--from', 'app', '--to', '10.0.0.5:80', '-o', form],
  ]),
  ['preview', rules],
  ['preview', rules, '-o', 'save'],
  ['diff', '-f', 'list.json', '@1.12', '@1.28'],
  ['preview', `no${EVIL}`],
  [EVIL],
  [`--${EVIL}`],
  ['preview', '--set', `mode=${EVIL}`],
  ['trace', '@1.28', '--from', EVIL],
  ['istio-iptables', '-p', EVIL],
  ['istio-iptables', '--log_as_json', '--dry-run', '-i', EVIL],
];

describe.concurrent('no character that a terminal obeys is printed', () => {
  it.each(CALLS.map((call) => [call.map((word) => JSON.stringify(word).replace(/[^ -~]/g, '?')).join(' '), call] as const))(
    'by %s',
    async (_, call) => {
      const { stdout, stderr } = await run(call, { cwd: folder.path });
      expect(`${stdout}${stderr}`).not.toMatch(/[^\P{Cc}\n\t]|[\p{Bidi_Control}\u2028\u2029]/u);
      expect(`${stdout}${stderr}`).not.toBe('');
    },
  );
});
