/** What others than iptables say of a run that failed: the CNI plugin, its agent, the validation, Go, the kubelet, a pod's status. */

import type { FailureSign } from './failure-signs.ts';

/** As {@link FailureSign}s, before which they are looked for. */
export const LOG_SIGNS: readonly FailureSign[] = [
  {
    pattern:
      /iptables validation failed|Error connecting to 127\.0\.0\.6:\d+|Error connecting to \[?::6\]?:\d+|Validation error: |iptables validation (?:timed out|error)|When using Istio CNI, this can occur/,
    means: 'not-validated',
    since: 'Istio with its CNI plugin',
  },
  {
    pattern: /Back-off.{0,60}istio-validation/,
    means: 'not-validated',
    since: 'Istio with its CNI plugin',
  },
  {
    pattern: /(?:unable to|cannot|could not|failed to) find .{0,30}\bnft(?!ables version)(?! nor)|exec: "nft": executable file not found/,
    means: 'node-nft',
    since: 'native nftables of the CNI plugin',
  },
  {
    pattern: /istio-cni.{0,400}connmark|connmark.{0,200}(?:missing kernel module|not supported|No such file)/i,
    means: 'node-connmark',
    since: 'ambient mode',
  },
  {
    pattern: /failed \(add\).{0,120}exec: "[\w./-]{1,80}": executable file not found/,
    means: 'plugin-program',
    since: 'the CNI plugin, which calls a shell',
  },
  { pattern: /no ztunnel connect(?:ion|ed)|ztunnel.{0,60}not connected/, means: 'no-ztunnel', since: 'ambient mode' },
  {
    pattern:
      /failed to find plugin "?istio-cni|(?:exec|stat)[^:]{0,80}\/istio-cni["']?: no such file or directory|no network available in the name istio-cni|exec: "[^"]{0,80}istio-cni": executable file not found/,
    means: 'plugin-missing',
    since: 'kubelet, containerd, Multus',
  },
  { pattern: /istio-cni.{0,300}(?:Unauthorized|is forbidden|x509|certificate)/, means: 'plugin-rights', since: 'the CNI plugin' },
  {
    pattern:
      /netplugin failed[^{]{0,40}signal: killed|istio-cni.{0,300}(?:context deadline exceeded|i\/o timeout|TLS handshake timeout|Client\.Timeout)/,
    means: 'plugin-timeout',
    since: 'the CNI plugin',
  },
  {
    pattern:
      /istio-cni-kubeconfig: no such file|pluginevent\.sock.{0,80}(?:refused|no such file)|failed to contact node Istio CNI agent: (?!unable to push CNI event \(status)|connection refused.{0,80}istio-cni|istio-cni.{0,200}connection refused/,
    means: 'agent-away',
    since: 'the CNI plugin, since it has an agent',
  },
  {
    pattern:
      /has runAsNonRoot|runAsNonRoot !=|runAsNonRoot: (?:Invalid|Forbidden)|breaks non-root policy|image (?:will run|has non-numeric user|that? runs) as root|cannot verify user is non-root/,
    means: 'run-as-root',
    since: 'kubelet',
  },
  {
    pattern:
      /violates PodSecurity|unable to validate against any security context constraint|PodSecurityPolicy: unable to admit|denied (?:the request|by).{0,200}(?:NET_ADMIN|capabilit)|(?:NET_ADMIN|capabilit).{0,120}(?:not allowed|may not be used|is forbidden|denied)|disallowed.{0,40}capabilit/,
    means: 'policy',
    since: 'Kubernetes',
  },
  {
    pattern:
      /(?:secret|configmap) "[^"]{1,253}" not found|couldn't find key .{0,253}in (?:Secret|ConfigMap)|references non-existent (?:secret|config)|(?:Unable to attach or mount|cannot find) volume.{0,200}istio|MountVolume\.\S{1,40} failed for volume "(?:istio|workload|credential)/,
    means: 'container-config',
    since: 'kubelet',
  },
  {
    pattern: /failed calling webhook .{0,120}(?:sidecar-injector|istio|inject)/,
    means: 'not-injected',
    since: 'Kubernetes',
  },
  { pattern: /listen tcp\S* \S*:150\d\d: bind: /, means: 'port-taken', since: 'Istio with its validation' },
  {
    pattern:
      /ErrImage(?:Pull|NeverPull)|ImagePullBackOff|InvalidImageName|ImageInspectError|RegistryUnavailable|Failed to pull image|manifest unknown|couldn't parse image reference.{0,200}|Failed to apply default image tag|pull access denied/,
    means: 'image',
    since: 'kubelet',
  },
  { pattern: /Evicted|The node (?:was low on|had condition)|Preempted/, means: 'evicted', since: 'kubelet' },
  {
    pattern:
      /no valid local IP|unable to (?:detect|determine) (?:the )?(?:local|pod) IP|no (?:usable|valid) (?:IP )?address|Failed to (?:get|find) local IP|unable to determine if the host is IPv6/i,
    means: 'no-address',
    since: 'Istio',
  },
  {
    pattern:
      /(?:resolv\.conf.{0,80}(?:no such file|failed|cannot|unable)|(?:failed|unable|cannot).{0,60}resolv\.conf|no (?:DNS )?nameservers? (?:found|was|were|in|are|is|configured|available|could))/i,
    means: 'no-nameserver',
    since: 'Istio with capture of DNS',
  },
  {
    pattern:
      /Back-off restarting failed container.{0,40}istio-(?:init|validation)|istio-(?:init|validation).{0,60}CrashLoopBackOff|Init:CrashLoopBackOff|Init:Error|back-off .{0,40}restarting failed container=istio-/,
    means: 'restarts',
    since: 'kubelet',
  },
];

/** What says that a run ended before it was done, and not why: looked for last. */
export const LAST_SIGNS: readonly FailureSign[] = [
  { pattern: /CreateContainerConfigError/, means: 'container-config', since: 'kubelet' },
  {
    pattern:
      /cannot start a container that has stopped|kubelet +Error: context deadline exceeded|OCI runtime create failed|runc create failed|unable to start container process|failed to (?:create|start) (?:containerd task|shim task|container)|failed to reserve container name|ContainerCannotRun|StartError|RunContainerError|CreateContainerError|container startup failed/,
    means: 'not-started',
    since: 'container runtimes, kubelet',
  },
  {
    pattern:
      /FailedCreatePodSandBox|NetworkPluginNotReady|[Ff]ailed (?:to )?create pod sandbox|failed to set ?up (?:pod network|network for sandbox|sandbox container network)|type="istio-cni".{0,80}failed \(add\)|netplugin failed|unable to push CNI event/,
    means: 'no-sandbox',
    since: 'kubelet',
  },
  {
    pattern: /context deadline exceeded|[Tt]imed out(?: after \d|\s*$)|WaitDelay expired/,
    means: 'deadline',
    since: 'Go',
  },
  {
    pattern:
      /\bpanic: |\bfatal error: |Assertion .{1,200} failed|^Aborted\b|double free or corruption|^(?:free|malloc|realloc)\(\): |stack smashing|SIG(?:SEGV|ABRT|ILL|BUS)|segmentation violation|signal: (?!killed)\w+|[Ff]ailed to execute|Command error output|exit status [1-9]\d*|exit code:? [1-9]\d*|exited with (?:code |status )?[1-9]|local err_code=[1-9]|err_code=[1-9]|Exit Code: +[1-9]|(?:^|[\s:|"'`=])Error: |core dumped|Segmentation fault|^FATAL\b|^(?:error|fatal)\b:/,
    means: 'crashed',
    since: 'Go; shells; kubelet',
  },
];

/** What a run that went well says at its end: what failed before it was tried again. */
export const SUCCESS = /Validation passed|iptables rules (?:established|applied successfully)|iptables validation succeeded/;
