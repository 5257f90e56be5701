import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { printCommands } from '../../src/netfilter/print.ts';
import { readRules } from '../../src/netfilter/read.ts';

const HOSTILE = [
  `-m string --string "$(touch /tmp/never) \`id\` $HOME" --algo bm`,
  `-m string --string "it's; echo no" --algo bm`,
  '-m comment --comment "x" -m recent --name "a b"',
];

it.each(HOSTILE)('what others wrote stays one word for a shell: %s', (words) => {
  const [ruleset] = readRules(`*filter\n:INPUT ACCEPT [0:0]\n-A INPUT ${words} -j DROP\nCOMMIT\n`).rulesets;
  const commands = printCommands(ruleset as never);
  const shown = execFileSync('sh', ['-c', `iptables() { for word in "$@"; do printf '<%s>' "$word"; done; echo; }\n${commands}`], {
    encoding: 'utf8',
    env: { HOME: '/root' },
  });
  const wanted = words.replace('-m comment --comment "x" ', '').match(/"[^"]*"|\S+/g) ?? [];
  expect(shown.trim()).toBe(`<-t><filter><-A><INPUT>${wanted.map((word) => `<${word.replaceAll('"', '')}>`).join('')}<-j><DROP>`);
});
