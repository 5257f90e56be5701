import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Cause } from '../../../src/istio/found/runs/failure-signs.ts';
import { runIn } from '../../../src/istio/found/runs/run.ts';

const HEAD = `Environment:
------------
ENVOY_PORT=

Variables:
----------
PROXY_PORT=15001

Writing following contents to rules file:  /tmp/iptables-rules-1622665561927836267.txt576967609
* nat
-N ISTIO_INBOUND
-A PREROUTING -p tcp -j ISTIO_INBOUND
-A ISTIO_INBOUND -p tcp --dport 22 -j RETURN
COMMIT
* raw
-A OUTPUT -p udp --sport 15053 -j CT --zone 2
COMMIT

iptables-restore --noflush /tmp/iptables-rules-1622665561927836267.txt576967609
`;

// As programs say it, from public threads and from their sources.
const SAID: readonly (readonly [cause: Cause, message: string])[] = [
  ['chain-exists', 'iptables-restore: line 2 failed'],
  ['chain-exists', 'iptables-restore v1.8.7 (nf_tables): line 2: CHAIN_USER_ADD failed (File exists): chain ISTIO_INBOUND'],
  ['chain-exists', 'iptables: Chain already exists.'],
  ['chain-exists', 'error\tCommand error output: xtables resource problem: line 2: CHAIN_ADD failed'],
  ['refused', 'iptables-restore: line 4 failed'],
  ['refused', "iptables: Invalid argument. Run `dmesg' for more information."],
  ['refused', 'iptables-restore v1.8.9 (nf_tables): line 5: RULE_APPEND failed (Invalid argument): rule in chain ISTIO_INBOUND'],
  ['table-closed', "iptables-restore v1.8.4 (legacy): iptables-restore: unable to initialize table 'nat'"],
  ['kernel-support', "iptables-restore v1.6.0: can't initialize iptables table `nat': Table does not exist (do you need to insmod?)"],
  ['kernel-support', "modprobe: ERROR: could not insert 'ip_tables': Operation not permitted"],
  ['kernel-support', 'iptables-restore v1.8.7 (nf_tables): Could not fetch rule set generation id: Invalid argument'],
  ['kernel-support', 'iptables/1.8.7 Failed to initialize nft: Protocol not supported'],
  ['kernel-support', 'Warning: Extension owner revision 0 not supported, missing kernel module?'],
  [
    'kernel-support',
    'iptables-restore v1.8.4 (nf_tables): line 4: RULE_APPEND failed (No such file or directory): rule in chain ISTIO_INBOUND',
  ],
  ['no-rights', "iptables v1.6.1: can't initialize iptables table `nat': Permission denied (you must be root)"],
  ['no-rights', 'iptables-restore v1.8.10 (nf_tables): Could not fetch rule set generation id: Permission denied (you must be root)'],
  ['no-rights', 'RTNETLINK answers: Operation not permitted'],
  ['no-rights', 'netlink: Error: cache initialization failed: Operation not permitted'],
  ['no-rights', 'getsockopt failed strangely: Operation not permitted'],
  ['no-ip6', "ip6tables v1.4.21: can't initialize ip6tables table `nat': Address family not supported by protocol"],
  ['lock-held', 'Another app is currently holding the xtables lock. Perhaps you want to use the -w option?'],
  ['lock-file', "Fatal: can't open lock file /run/xtables.lock: Read-only file system"],
  ['lock-file', "Fatal: can't open lock file /run/xtables.lock: Permission denied"],
  ['read-only', 'panic: open /tmp/iptables-rules-1.txt: read-only file system'],
  ['too-many-ports', 'iptables-restore v1.8.4: too many ports specified'],
  ['extension-missing', 'error\tCommand error output: xtables parameter problem: unknown option "--zone"'],
  ['extension-missing', "iptables v1.4.21: Couldn't load match `owner':No such file or directory"],
  ['extension-missing', "iptables-restore v1.8.2 (legacy): Couldn't load target `TPROXY':No such file or directory"],
  ['old-iptables', "iptables-restore: unrecognized option '--wait=30'"],
  ['incompatible', "iptables v1.8.9 (nf_tables): table `nat' is incompatible, use 'nft' tool."],
  ['program-missing', 'exec: "iptables-restore": executable file not found in $PATH'],
  ['program-missing', '/usr/local/bin/istio-iptables.sh: line 321: iptables: command not found'],
  ['not-executable', 'exec /usr/local/bin/pilot-agent: exec format error'],
  ['memory', 'signal: killed'],
  ['memory', 'bash: line 1:     7 Killed                  iptables-restore --noflush'],
  ['few-processes', 'runtime/cgo: pthread_create failed: Resource temporarily unavailable'],
  ['few-processes', 'panic: fork/exec /sbin/iptables-restore: resource temporarily unavailable'],
  ['few-processes', 'runtime: failed to create new OS thread (have 2 already; errno=11)'],
  ['disk-full', 'write /tmp/iptables-rules-1.txt5: no space left on device'],
  ['file-rights', 'open /tmp/iptables-rules-1651.txt: permission denied'],
  [
    'library-missing',
    'iptables-restore: error while loading shared libraries: libxtables.so.12: cannot open shared object file: No such file',
  ],
  ['library-missing', "iptables: /lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.34' not found (required by iptables)"],
  ['library-missing', 'iptables-nft-restore: symbol lookup error: /usr/sbin/xtables-nft-multi: xtables_strdup'],
  ['may-not-execute', 'exec /usr/local/bin/pilot-agent: operation not permitted'],
  ['may-not-execute', 'standard_init_linux.go:211: exec user process caused "permission denied"'],
  ['image', 'standard_init_linux.go:211: exec user process caused "no such file or directory"'],
  ['no-device', 'Cannot find device "lo"'],
  ['no-device', 'RTNETLINK answers: No such device'],
  ['no-ip6', 'RTNETLINK answers: Permission denied'],
  ['no-ip6', 'Error: ipv6: IPv6 is disabled on this device.'],
  ['bad-value', 'iptables v1.8.4: unknown protocol "tpc" specified'],
  ['bad-value', "iptables v1.8.4: interface name `averyverylonginterface' must be shorter than IFNAMSIZ (15)"],
  ['bad-name', 'unknown UID "istio-proxy"'],
  ['kernel-support', 'iptables: Operation not supported.'],
  ['incompatible', 'iptables-restore v1.8.9 (nf_tables): Parsing nftables rule failed'],
  ['program-missing', 'Error: could not find any iptables binary: neither nft nor legacy'],
  ['busy', 'iptables-restore v1.8.4 (nf_tables): line 2: CHAIN_ADD failed (Device or resource busy): chain PREROUTING'],
  ['kernel-support', 'iptables v1.8.7 (nf_tables): CHAIN_ADD failed (No such file or directory): chain PREROUTING'],
  ['refused', 'iptables: Bad file descriptor'],
  ['refused', 'iptables-restore: line 5 failed: Invalid argument.'],
  ['refused', 'iptables-restore v1.8.4 (legacy): iptables-restore: line 4 failed'],
  ['refused', 'iptables-restore v1.8.5 (nf_tables): sendmsg() failed: No buffer space available'],
  ['refused', 'iptables-restore v1.8.5 (nf_tables): line 3: RULE_APPEND failed (No space left on device): rule in chain PREROUTING'],
  ['chain-exists', 'error\tCommand error output: xtables other problem: line 2 failed'],
  ['chain-exists', 'iptables-restore: line 2 failed: Chain already exists.'],
  ['leftovers', 'iptables v1.8.7 (nf_tables):  CHAIN_USER_DEL failed (Device or resource busy): chain ISTIO_OUTPUT'],
  ['leftovers', 'iptables: Too many links.'],
  ['gone', 'iptables v1.8.7 (nf_tables):  RULE_DELETE failed (No such file or directory): rule in chain OUTPUT'],
  ['part-missing', 'iptables-restore: line 4 failed: No chain/target/match by that name.'],
  ['no-rights', 'iptables/1.8.2 Failed to initialize nft: Operation not permitted'],
  ['no-rights', 'Error: route ip+net: netlinkrib: operation not permitted'],
  ['not-permitted', 'runtime: failed to create new OS thread (have 2 already; errno=1)'],
  ['not-permitted', 'runtime/cgo: pthread_create failed: Operation not permitted'],
  ['not-permitted', 'Bad system call (core dumped)'],
  [
    'not-permitted',
    'audit: type=1400 audit(1700000000.1:5): apparmor="DENIED" operation="open" name="/run/xtables.lock" comm="iptables-restor"',
  ],
  [
    'not-permitted',
    'type=AVC msg=audit(17.1:5): avc:  denied  { create } for  pid=5 comm="iptables-restor" scontext=system_u:system_r:container_t:s0',
  ],
  ['kernel-support', 'type=AVC msg=audit(17.1:5): avc:  denied  { module_request } for  pid=5 comm="iptables-restore" kmod="iptable_nat"'],
  ['sysctl', "sysctl: error setting key 'kernel.core_pattern': Read-only file system"],
  ['sysctl', 'open /proc/sys/net/ipv4/conf/all/route_localnet: read-only file system'],
  ['no-ip6', 'write sysctl key net.ipv6.conf.all.disable_ipv6: open /proc/sys/net/ipv6/conf/all/disable_ipv6: no such file or directory'],
  ['program-missing', 'nsenter: failed to execute iptables-restore: No such file or directory'],
  ['program-missing', '/usr/sbin/nft: No such file or directory'],
  ['image', '/bin/sh: 1: istio-iptables: not found'],
  ['memory', 'iptables-restore: malloc failed'],
  ['memory', 'Failed to execute iptables-restore: command killed by OOM killer'],
  ['not-executable', 'Fatal glibc error: CPU does not support x86-64-v2'],
  ['not-executable', '/usr/sbin/iptables-restore: 1: Syntax error: "(" unexpected'],
  ['not-executable', "qemu-x86_64: Could not open '/lib64/ld-linux-x86-64.so.2': No such file or directory"],
  ['library-missing', 'bash: /usr/sbin/iptables-restore: cannot execute: required file not found'],
  ['may-not-execute', 'bash: /usr/sbin/iptables-restore: Permission denied'],
  ['bad-value', 'Error: ParseCIDR failed for 10.0.0/8'],
  ['bad-value', 'ip: either "local" is duplicate, or "table" is a garbage.'],
  ['bad-value', 'Error: argument "133x" is wrong: "table" value is invalid'],
  ['bad-flag', 'Error: required flag(s) "envoy-port" not set'],
  ['unreadable', 'error\tnftables run failed: /dev/stdin:1:1-5: Error: syntax error, unexpected newline'],
  ['unreadable', 'iptables v1.4.21: TPROXY target: Parameter --on-port is required'],
  ['unreadable', "iptables v1.8.9 (legacy): Bad argument `--to-ports'"],
  ['deadline', 'error\tfailed to setup iptables: context deadline exceeded'],
  ['deadline', 'error\tCommand timed out after 30s: iptables-restore --noflush'],
  ['crashed', "xtables-nft-multi: nft.c:1234: nft_rule_append: Assertion `r' failed."],
  ['crashed', 'double free or corruption (out)'],
  ['unknown', 'iptables-restore v1.8.9 (nf_tables): Set istio does not exist.'],
  ['unknown', 'iptables: something that no table knows'],
  // What no row knows is a failure all the same, by who says it.
  ['unreadable', 'iptables v1.8.4 (legacy): TPROXY: option "--on-port" must be specified'],
  ['unreadable', 'Command error output: iptables-restore v1.8.4: no command specified'],
  ['unreadable', 'ip6tables-legacy-restore: line 3 too long'],
  ['unreadable', '/dev/stdin:5:9-15: Error: syntax error, unexpected string'],
  ['crashed', 'Segmentation fault (core dumped)'],
  ['memory', 'iptables: Memory allocation problem.'],
  ['busy', 'iptables: Resource temporarily unavailable.'],
  ['part-missing', 'iptables: No chain/target/match by that name.'],
  ['gone', 'iptables: Index of insertion too big.'],
  ['gone', 'iptables: Bad rule (does a matching rule exist in that chain?).'],
  ['bad-value', "iptables-restore v1.8.4: invalid port/service `80a' specified"],
  ['bad-value', 'panic: invalid CIDR address: 10.0.0.0/33'],
  ['bad-value', 'Error: invalid argument "x" for "-p, --envoy-port" flag: strconv.ParseInt: parsing "x": invalid syntax'],
  ['bad-flag', "Error: unknown shorthand flag: 'Z' in -Z"],
  ['bad-flag', 'Error: unknown flag: --native-nftables'],
  ['bad-name', 'iptables-restore v1.8.4: owner: Bad value for "--uid-owner" option: "istio-proxy"'],
  ['not-validated', 'error\tError connecting to 127.0.0.6:15002: dial tcp 127.0.0.1:0->127.0.0.6:15002: connect: connection refused'],
  ['no-nameserver', 'error\tfailed to load /etc/resolv.conf: open /etc/resolv.conf: no such file or directory'],
  ['no-address', 'panic: No valid local IP address found'],
  ['leftovers', 'error\treconcile is recommended but no-reconcile flag is set. Unexpected behavior may occur'],
  ['crashed', 'panic: runtime error: invalid memory address or nil pointer dereference'],
  ['crashed', 'Error: exit status 3'],
];

/** What stands alone in an event, a node's log or a description of a pod. */
const OF_NODES: readonly (readonly [cause: Cause, message: string])[] = [
  [
    'plugin-missing',
    'Warning  FailedCreatePodSandBox  kubelet  network for pod "web": NetworkPlugin cni failed to set up pod "web_shop" network: failed to find plugin "istio-cni" in path [/opt/cni/bin]',
  ],
  [
    'agent-away',
    'Warning FailedCreatePodSandBox kubelet plugin type="istio-cni" name="istio-cni" failed (add): istio-cni cmdAdd failed to contact node Istio CNI agent: Post "http://localhost/cmdadd": dial unix /var/run/istio-cni/pluginevent.sock: connect: connection refused',
  ],
  [
    'plugin-rights',
    'Failed to create pod sandbox: plugin type="istio-cni" name="istio-cni" failed (add): error getting ClusterInformation: connection is unauthorized: Unauthorized',
  ],
  ['plugin-timeout', 'Failed to create pod sandbox: plugin type="istio-cni" name="istio-cni" failed (add): context deadline exceeded'],
  ['node-nft', 'Failed to create pod sandbox: plugin type="istio-cni" failed (add): unable to find nft binary in PATH'],
  [
    'node-connmark',
    'plugin type="istio-cni" name="istio-cni" failed (add): Warning: Extension connmark revision 0 not supported, missing kernel module?',
  ],
  [
    'no-sandbox',
    'Failed to create pod sandbox: plugin type="istio-cni" name="istio-cni" failed (add): unable to push CNI event (status code 500)',
  ],
  ['restarts', 'Warning  BackOff  2m  kubelet  Back-off restarting failed container istio-init in pod web_shop'],
  ['run-as-root', 'Error: container has runAsNonRoot and image will run as root (pod: "web_shop", container: istio-init)'],
  [
    'policy',
    'Error creating: pods "web" is forbidden: violates PodSecurity "restricted:latest": unrestricted capabilities (container "istio-init" must not include "NET_ADMIN")',
  ],
  ['image', 'Failed to pull image "istio/proxyv2:1.99": manifest unknown (istio-init)'],
  ['not-validated', 'Back-off restarting failed container istio-validation in pod web_shop'],
  [
    'plugin-program',
    'Warning FailedCreatePodSandBox kubelet plugin type="istio-cni" name="istio-cni" failed (add): exec: "sh": executable file not found in $PATH',
  ],
  [
    'no-ztunnel',
    'plugin type="istio-cni" name="istio-cni" failed (add): unable to push CNI event (status code 500): partial add error: no ztunnel connection',
  ],
  ['plugin-timeout', 'plugin type="istio-cni" failed (add): netplugin failed with no error message: signal: killed'],
  [
    'agent-away',
    'plugin type="istio-cni" name="istio-cni" failed (add): open /etc/cni/net.d/ZZZ-istio-cni-kubeconfig: no such file or directory',
  ],
  [
    'namespace',
    'Failed to create pod sandbox: plugin type="istio-cni" name="istio-cni" failed (add): nsenter: cannot open /proc/1/ns/net: Permission denied',
  ],
  [
    'not-injected',
    'Error creating: Internal error occurred: failed calling webhook "namespace.sidecar-injector.istio.io": Post "https://istiod.istio-system.svc:443/inject?timeout=10s": context deadline exceeded',
  ],
  ['not-started', 'Warning  Failed  kubelet  Error: context deadline exceeded  (spec.initContainers{istio-init})'],
  ['not-started', 'spec.initContainers{istio-init}: Error: cannot start a container that has stopped'],
  [
    'container-config',
    'Warning  FailedMount  kubelet  Unable to attach or mount volumes: unmounted volumes=[istio-token], timed out waiting',
  ],
  [
    'image',
    'Warning  InspectFailed  kubelet  Failed to apply default image tag "istio/proxyv2:": couldn\'t parse image reference: invalid reference format',
  ],
  ['crashed', 'istio-init: exited with status 255'],
  ['no-sandbox', 'plugin type="istio-cni" name="istio-cni" failed (add): stat /run/netns/cni-5: no such file or directory'],
  ['container-config', 'Warning Failed kubelet spec.initContainers{istio-init}: Error: secret "istio-ca" not found'],
  ['container-config', 'web-1   0/2   Init:CreateContainerConfigError   istio-init'],
  [
    'not-started',
    'spec.initContainers{istio-init}: Error: failed to start container "istio-init": OCI runtime create failed: starting container process caused: apply caps: bad',
  ],
  ['not-started', 'istio-init  terminated: StartError (exit code: 128)'],
  ['image', 'web-1   0/2   Init:ErrImageNeverPull   istio-init'],
  ['port-taken', 'istio-validation: listen tcp 127.0.0.1:15002: bind: address already in use'],
  ['disk-full', 'istio-init container startup failed: mounting "/var/lib" to rootfs: no space left on device'],
];

describe('the log of a run that failed', () => {
  it.each(SAID)('tells %s: %s', (cause, message) => {
    const run = runIn(`${HEAD}${message}\niptables-save\npanic: exit status 1\n`);
    expect(run?.failures[0]).toMatchObject({ cause, line: HEAD.split('\n').length });
    expect(run?.failures[0]?.text).not.toMatch(/undefined/);
    expect(run?.failures[0]?.fix.length).toBeGreaterThan(10);
  });

  it.each(OF_NODES)('of a node tells %s: %s', (cause, message) => {
    expect(runIn(`${message}\n`)?.failures[0]?.cause).toBe(cause);
  });

  it('names the rule on the line that the program named, and its table', () => {
    const message = 'error\tCommand error output: xtables parameter problem: unknown option "--zone"\nError occurred at line: 7\n';
    expect(runIn(`${HEAD}${message}`)?.failures[0]).toMatchObject({ rule: '-A OUTPUT -p udp --sport 15053 -j CT --zone 2', table: 'raw' });
    expect(runIn(`${HEAD}iptables-restore: line 4 failed\n`)?.failures[0]).toMatchObject({
      rule: '-A ISTIO_INBOUND -p tcp --dport 22 -j RETURN',
      table: 'nat',
      command: 'iptables-restore --noflush /tmp/iptables-rules-1622665561927836267.txt576967609',
    });
  });

  it("names the command of a shell's trace", () => {
    const run = runIn(
      '+ iptables -t nat -N ISTIO_REDIRECT\n+ iptables -t mangle -A ISTIO_DIVERT -j MARK --set-mark 1337\niptables: No chain/target/match by that name.\n',
    );
    expect(run?.failures[0]).toMatchObject({ rule: 'iptables -t mangle -A ISTIO_DIVERT -j MARK --set-mark 1337', table: 'mangle' });
  });

  it('has its cause from the narrowest sign, and says one failure once', () => {
    const run = runIn(
      `${HEAD}iptables-restore v1.6.1: iptables-restore: unable to initialize table 'nat'\n\nError occurred at line: 1\npanic: exit status 2\n`,
    );
    expect(run?.failures.map(({ cause }) => cause)).toEqual(['table-closed']);
  });
});

describe('a message that no row knows', () => {
  it.each([
    'error\tsomething odd happened',
    '{"level":"error","time":"2024-01-01T00:00:00.000000Z","msg":"iptables exploded"}',
    'E0101 10:00:00.123456       1 run.go:74] "command failed" err="cannot set up"',
    'runsc: netfilter is not supported here',
    'the helper gave up: denied by a rule of the site',
    'level=error msg="no rules applied"',
    "Can't open socket to ipset.",
    'the profile refused it',
    'fatal\tgiving up',
    'an exception was raised',
  ])('fails the run whose end shows none of its rules: %s', (message) => {
    for (const end of [
      '',
      'iptables-save\n',
      `# Generated by iptables-save v1.8.7\n*nat\n:PREROUTING ACCEPT [0:0]\nCOMMIT\n# Completed on x\n`,
    ]) {
      expect(runIn(`${HEAD}${message}\n${end}`)).toMatchObject({ outcome: 'failed', failures: [{ cause: 'unknown' }] });
    }
  });

  it('is none of a failure where the rules are shown behind it', () => {
    const save = '# Generated by iptables-save v1.8.7\n*nat\n:PREROUTING ACCEPT [0:0]\n:ISTIO_INBOUND - [0:0]\nCOMMIT\n# Completed on x\n';
    expect(runIn(`${HEAD}error\tsomething odd happened\niptables-save\n${save}`)).toBeUndefined();
  });
});

describe('a log that shows what the kernel has behind what it was given', () => {
  const empty = '# Generated by iptables-save v1.8.7\n*nat\n:PREROUTING ACCEPT [0:0]\nCOMMIT\n# Completed on x\n';

  it('failed if nothing of it is there', () => {
    expect(runIn(`${HEAD}iptables-save\n${empty}`)).toMatchObject({ outcome: 'failed', failures: [{ cause: 'not-taken' }] });
  });

  it('did not fail by what stood there before', () => {
    const save = empty.replace('COMMIT', ':ISTIO_INBOUND - [0:0]\nCOMMIT');
    expect(runIn(`${empty}${HEAD}iptables-save\n${save}`)).toBeUndefined();
    expect(runIn(`${HEAD}iptables-save\n${empty.slice(0, -16)}`)?.outcome).not.toBe('failed');
  });
});

describe('a log of a run that did not fail', () => {
  it('that waited for the lock is none of a failure', () => {
    const waits = 'Another app is currently holding the xtables lock;';
    expect(runIn(`${HEAD}${waits} still 9s 0us time ahead to have a chance to grab the lock...\niptables-save\n`)).toBeUndefined();
    expect(runIn(`${HEAD}${waits} waiting (1s) for it to exit...\niptables-save\n`)).toBeUndefined();
    expect(runIn(`${HEAD}${waits} waiting (1s) for it to exit...\n`)?.outcome).toBe('not known');
  });

  it('that tried the validation until it passed is none of a failure', () => {
    const tries =
      'error\tError connecting to 127.0.0.6:15002: dial tcp: connect: connection refused\ninfo\tValidation passed, iptables rules established\n';
    expect(runIn(`${HEAD}${tries}`)).toBeUndefined();
  });

  it('that was only warned is none of a failure', () => {
    const warnings =
      "# Warning: iptables-legacy tables present, use iptables-legacy to see them\nWarning: weird character in interface `eth0;'\niptables: Warning: never matched protocol: all.\n";
    expect(runIn(`${HEAD}${warnings}iptables-save\n`)).toBeUndefined();
  });

  it('holds no failure in the texts of rules that were captured', () => {
    const folder = new URL('../../../golden/captures/', import.meta.url);
    const failed = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .filter((entry) => runIn(readFileSync(`${entry.parentPath}/${entry.name}`, 'utf8')) !== undefined)
      .map(({ name }) => name);
    expect(failed).toEqual([]);
  });

  it('is not what somebody saw who was not allowed to look', () => {
    expect(
      runIn(
        '$ iptables-save\niptables-save v1.8.9 (nf_tables): Could not fetch rule set generation id: Permission denied (you must be root)\n',
      ),
    ).toBeUndefined();
  });
});

it('a restore that fails behind a save is a run that failed: the save shows what was there before', () => {
  const save = '# Generated by iptables-save v1.8.9\n*nat\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n# Completed on X\n';
  for (const said of [
    'iptables-restore: line 9 failed',
    'iptables-restore v1.8.9 (nf_tables): line 3: CHAIN_ADD failed (File exists): chain A',
    'iptables: Chain already exists.',
  ])
    expect([said, runIn(`${save}${said}\n`)?.outcome]).toEqual([said, 'failed']);
});
