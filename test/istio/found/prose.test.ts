/** What people write about runs that failed is none; a log within what they write is one that they quote; a log in whatever wrapping is one. */

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runIn } from '../../../src/istio/found/runs/run.ts';
import { planFromSettings } from '../../../src/istio/kubernetes/plan-from-settings.ts';
import { printList } from '../../../src/netfilter/list/print-list.ts';

const LISTING = printList(planFromSettings({}).ip);

const WRITTEN: Readonly<Record<string, string>> = {
  'a page of troubleshooting': `# Troubleshooting

If the init container fails, look at its log. Typical messages are:

- \`iptables-restore: line 2 failed\` - the kernel refused the rule, often because a module is missing.
- \`iptables: No chain/target/match by that name.\` - the chain was removed by another program.
- iptables v1.6.1: can't initialize iptables table \`nat': Permission denied (you must be root)

When you see "Init:CrashLoopBackOff" in \`kubectl get pods\`, run \`kubectl logs -c istio-init\`.
`,
  'what a case expects': `The log of a program that failed. None may be "as it should be" with exit code 0; each wants its cause and, where a line is
named, the rule on it: "line 2 failed", "Permission denied (you must be root)", OOMKilled.
`,
  'a changelog': `## 1.24.1

- **Fixed** an issue where istio-init failed with \`Operation not permitted\` when run as non-root.
- **Fixed** iptables-restore: line 14 failed on kernels without xt_connmark.
- **Fixed** panic: runtime error in istio-iptables when no nameservers are found.
`,
  'the report of an incident': `Incident report, 12 March

At 03:12 the on-call engineer saw that istio-init had failed on three nodes. The kubelet had killed the container
because it ran out of memory; afterwards iptables-restore reported that line 2 failed. We raised the limit and
the pods started. Nothing was lost. Follow-up: alert on exit code 137 of init containers.
`,
  'a note': 'Note to self: the run failed yesterday with "exit status 4", see the ticket. Today it is fine.\n',
  'a table of exit codes': `| code | meaning |
|---|---|
| 1 | iptables: Permission denied |
| 4 | Another app is currently holding the xtables lock |
| 126 | iptables validation failed |
`,
  'a mail': `Hi all,

since the upgrade our pods are stuck. I think the reason is that iptables can't initialize table nat, because the
node has no such module. Could it be that the error "Couldn't load match \`owner'" comes from the same thing?

Thanks
`,
  'a page before a listing': `# What our pods look like

The init container once failed with iptables-restore: line 2 failed. Since the fix these are the rules:

\`\`\`
${LISTING}\`\`\`
`,
  'a manual page': `       Exit status of iptables-restore
       The program exits with exit code 2 if the arguments were invalid and with 4 if the resource is temporarily unavailable.
       An error such as "line 12 failed" names the line of the input.
`,
  'a runbook in AsciiDoc': `= Runbook

. Check whether istio-init was OOMKilled.
. If the message is \`Error: unknown flag --foo\`, the template and the image differ.
. A failing validation exits with code 126.
`,
  'a ticket in one line':
    'Since Tuesday the istio-init container of our checkout pods is in Init:CrashLoopBackOff, could you have a look?\n',
  'a chat': `alice: did you see that istio-init was OOMKilled again?
bob: yes, it says "signal: killed" after line 9 failed, but only on the old nodes
`,
  'a comment in a program': `// runs iptables-restore; when it failed with "line N failed" we return an error, because the caller knows the rules
// and a retry would only meet "Chain already exists" once more
`,
  'a design': `## Errors

A run that fails ends with exit code 1. Where the kernel says "Operation not permitted" the container has no NET_ADMIN,
and where it says "Read-only file system" it can not write its lock file.

1. The log is read until the line that says iptables-restore: line 2 failed.
2. Its cause is looked up.
`,
  'a question with a span': 'What does `iptables-restore: line 2 failed` mean, and why does it come up only after the node was updated?\n',
};

describe('what somebody wrote', () => {
  it.each(Object.entries(WRITTEN))('is no run that failed: %s', (_, text) => {
    expect(runIn(text)).toBeUndefined();
    expect(runIn(text.replaceAll('\n', '\r\n'))).toBeUndefined();
  });

  const pages = ['docs/', 'docs/lint/', './'].flatMap((folder) =>
    readdirSync(new URL(`../../../${folder}`, import.meta.url))
      .filter((name) => name.endsWith('.md'))
      .map((name) => `${folder}${name}`),
  );
  it.each(pages)('is at most a page that quotes one: %s', (page) => {
    const run = runIn(readFileSync(new URL(`../../../${page}`, import.meta.url), 'utf8'));
    expect(run === undefined || run.quoted === true || run.outcome === 'not known', run?.failures[0]?.message).toBe(true);
  });
});

const MESSAGE = '2023-03-01T10:11:12.123456Z\terror\tiptables-restore: line 2 failed';

describe('a page that quotes a log', () => {
  it.each(
    Object.entries({
      'in a block of code': `# Ticket 123\n\nThe customer sent this:\n\n\`\`\`\n${MESSAGE}\n\`\`\`\n\nWe answered that the kernel lacks a module.\n`,
      'behind a question': `Hello, our pods do not start, and this is what we see in the log:\n\n${MESSAGE}\n\nWhat can we do?\n`,
      'in a quotation': `On Tuesday you wrote:\n> our pods do not start, and the log says\n> ${MESSAGE}\n\nPlease send all of the log.\n`,
      'in a macro of Jira': `h2. Description\nThe init container does not come up since the update.\n{noformat}\n${MESSAGE}\n{noformat}\n`,
      'bare, in a paragraph of its own':
        'This is all that we get from the container when it starts:\n\niptables-restore: line 2 failed\n\nAny idea?\n',
    }),
  )('%s: is hedged, with the cause', (_, text) => {
    expect(runIn(text)).toMatchObject({
      outcome: 'failed',
      quoted: true,
      failures: [{ cause: 'refused', fix: expect.stringMatching(/\w/) }],
    });
  });
});

const LOG = `Environment:
------------
ENVOY_PORT=

Variables:
----------
PROXY_PORT=15001

Writing following contents to rules file:  /tmp/iptables-rules-1622665561927836267.txt576967609
* nat
-N ISTIO_INBOUND
-A PREROUTING -p tcp -j ISTIO_INBOUND
COMMIT

iptables-restore --noflush /tmp/iptables-rules-1622665561927836267.txt576967609
iptables-restore v1.8.4 (legacy): iptables-restore: unable to initialize table 'nat'
`;

const each = (change: (line: string, index: number) => string): string => LOG.trimEnd().split('\n').map(change).join('\n');

describe('the log of a run that failed, in whatever it is wrapped', () => {
  it.each(
    Object.entries({
      nothing: LOG,
      'kubectl logs --timestamps': each((line) => `2026-03-01T10:11:12.123456789Z ${line}`),
      'kubectl logs --prefix': each((line) => `[pod/web-1/istio-init] ${line}`),
      'kubectl logs --prefix --timestamps': each((line) => `[pod/web-1/istio-init] 2026-03-01T10:11:12.123456789Z ${line}`),
      journald: each((line) => `Mar 01 10:11:12 node1 istio-init[1234]: ${line}`),
      CRI: each((line) => `2026-03-01T10:11:12.123456789Z stderr F ${line}`),
      "Docker's file": each((line) => JSON.stringify({ log: `${line}\n`, stream: 'stderr', time: '2026-03-01T10:11:12Z' })),
      'JSON of a collector': each((line) => JSON.stringify({ level: 'info', time: '2026-03-01T10:11:12Z', msg: line })),
      stern: each((line) => `web-59757bb7d8-1 istio-init ${line}`),
      'docker compose': each((line) => `init_1  | ${line}`),
      syslog: each((line) => `<11>1 2026-03-01T10:11:12Z node1 istio-init 1 - - ${line}`),
      'kubectl describe pod': `Name:         web-1
Namespace:    shop
Init Containers:
  istio-init:
    Image:      docker.io/istio/proxyv2:1.20.0
    State:      Terminated
      Reason:    Error
      Message:   ${LOG.trimEnd().split('\n').at(-1)}
      Exit Code: 1
Events:
  Type     Reason   Age   From     Message
  ----     ------   ----  ----     -------
  Warning  BackOff  12s   kubelet  Back-off restarting failed container istio-init in pod web-1_shop(1)
`,
      'a status as YAML': `  initContainerStatuses:
  - name: istio-init
    state:
      terminated:
        exitCode: 1
        reason: Error
        message: |
${each((line) => `          ${line}`)}
`,
      'a status in one line of YAML': `    lastState:
      terminated:
        message: ${JSON.stringify(LOG)}
`,
      'the log of a kubelet': `E0402 10:11:12.345678    1234 pod_workers.go:190] "Error syncing pod" err="failed to start container: ${LOG.trimEnd().split('\n').at(-1)}"`,
      'quotation marks of a mail': each((line) => `> ${line}`),
      bullets: each((line) => `- ${line}`),
      'a message of Go behind it': `${LOG}2023-03-01T10:11:12.123456Z\tinfo\tThe rules that were there before have not been changed by this run, so it is safe to try again.\n`,
    }),
  )('%s', (_, text) => {
    const run = runIn(text);
    expect(run).toMatchObject({ outcome: 'failed', failures: [{ cause: 'table-closed' }] });
    expect(run?.quoted).toBeUndefined();
  });

  it('of the validation holds sentences of its own', () => {
    const text = `2023-03-01T10:11:12.123456Z\terror\tiptables validation failed; workload is not ready for Istio.
When using Istio CNI, this can occur if a pod is scheduled before the node is ready.

If installed with 'cni.repair.deletePods=true', this pod should automatically be deleted and retry.
Otherwise, this pod will need to be manually removed so that it is scheduled on a node with istio-cni running, allowing iptables rules to be established.
`;
    expect(runIn(text)).toMatchObject({ outcome: 'failed', failures: [{ cause: 'not-validated' }] });
    expect(runIn(text)?.quoted).toBeUndefined();
  });
});

describe('a failure that nobody knows', () => {
  it('has no cause that is made up', () => {
    const text = LOG.replace(/iptables-restore v1.8.4.*/, '2023-03-01T10:11:12.123456Z\terror\tflux capacitor failed to charge');
    const [failure] = runIn(text)?.failures ?? [];
    expect(failure).toMatchObject({
      cause: 'unknown',
      text: expect.stringContaining('its cause is not known; it said: flux capacitor failed to charge'),
    });
    expect(`${failure?.text} ${failure?.fix}`).not.toMatch(/module|refused|modprobe/);
  });

  it('of another program that counts lines is no refusal of the kernel', () => {
    for (const line of ['make: build.sh: line 3 failed', 'ansible: task on line 7 failed', 'helm: template line 12 failed'])
      expect(runIn(`${LOG.replace(/iptables-restore v1.8.4.*\n/, '')}${line}\n`)?.failures[0]?.cause ?? 'none', line).not.toBe('refused');
  });
});
