import { describe, expect, it } from 'vitest';
import { runOfStatus } from '../../../src/istio/found/runs/pod-status.ts';
import type { EndedContainer } from '../../../src/istio/kubernetes/manifest/workload.ts';
import { workloadOf } from '../kubernetes/manifest-reading.ts';

const ended = (of: Partial<EndedContainer>): EndedContainer => ({
  name: 'istio-init',
  exitCode: 1,
  reason: 'Error',
  message: '',
  source: { kind: 'file', file: 'pod.yaml', line: 7, column: 3 },
  ...of,
});

describe('the status of a pod tells of a failed run', () => {
  it.each([
    [{ name: 'istio-validation', exitCode: 126 }, 'not-validated'],
    [{ exitCode: 137, reason: 'OOMKilled' }, 'memory'],
    [{ exitCode: 137 }, 'killed'],
    [{ reason: 'ErrImagePull' }, 'image'],
    [
      { message: 'iptables-restore v1.8.9 (nf_tables): Could not fetch rule set generation id: Permission denied (you must be root)' },
      'no-rights',
    ],
    [{ exitCode: 255 }, 'unknown'],
    [{ reason: 'ErrImageNeverPull' }, 'image'],
    [{ reason: 'RegistryUnavailable' }, 'image'],
    [{ reason: 'CreateContainerConfigError', message: 'secret "istio-ca" not found' }, 'container-config'],
    [{ reason: 'CreateContainerConfigError' }, 'container-config'],
    [{ reason: 'RunContainerError' }, 'not-started'],
    [{ exitCode: 128, reason: 'StartError' }, 'not-started'],
    [{ exitCode: 127, reason: 'ContainerCannotRun' }, 'not-started'],
  ] as const)('%j: %s', (of, cause) => {
    expect(runOfStatus([ended(of)])).toMatchObject({ outcome: 'failed', failures: [{ cause, line: 7 }] });
  });

  it('but not of one that ended well, nor by containers of others', () => {
    expect(runOfStatus([ended({ exitCode: 0, reason: 'Completed' }), ended({ name: 'migrate' })])).toBeUndefined();
    expect(runOfStatus([])).toBeUndefined();
  });
});

const pod = (status: string): string => `apiVersion: v1
kind: Pod
metadata: {name: a}
spec: {containers: [{name: app}]}
status: {initContainerStatuses: [{name: istio-init, ${status}}]}
`;

describe('the end of an init container is read from', () => {
  it.each([
    ['state: {terminated: {exitCode: 255, reason: Error}}', 255],
    ['state: {waiting: {reason: CrashLoopBackOff}}, lastState: {terminated: {exitCode: 2}}', 2],
    ['state: {running: {}}, lastState: {terminated: {exitCode: 1}}', 1],
    ['state: {waiting: {reason: CreateContainerConfigError, message: cannot run as root}}', 1],
    ['state: {waiting: {reason: ErrImageNeverPull}}', 1],
    ['state: {waiting: {reason: InvalidImageName}}', 1],
    ['state: {terminated: {exitCode: 0}}, lastState: {terminated: {exitCode: 1}}', 0],
  ])('%s', (status, exitCode) => {
    expect(workloadOf(pod(status)).pod.ended).toMatchObject([{ name: 'istio-init', exitCode }]);
  });

  it('nothing, where it waits for its turn', () => {
    expect(workloadOf(pod('state: {waiting: {reason: PodInitializing}}, lastState: {}')).pod.ended).toEqual([]);
  });
});
