import { describe, expect, it } from 'vitest';
import { runOfStatus } from '../../../../src/istio/found/runs/pod-status.ts';
import { runIn } from '../../../../src/istio/found/runs/run.ts';
import type { EndedContainer } from '../../../../src/istio/kubernetes/manifest/workload.ts';
import { workloadOf } from '../../kubernetes/manifest/reading.ts';

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
    [{ exitCode: 137, reason: 'OOMKilled, CrashLoopBackOff', message: 'back-off 40s restarting failed container=istio-init' }, 'memory'],
    [{ exitCode: 2, reason: 'Error, CrashLoopBackOff', message: 'back-off 40s restarting failed container=istio-init pod=web' }, 'unknown'],
    [{ exitCode: 139 }, 'crashed'],
    [{ exitCode: 159 }, 'not-permitted'],
    [{ exitCode: 127 }, 'image'],
    [{ exitCode: 126 }, 'may-not-execute'],
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
    expect(runOfStatus({ ended: [ended(of)] })).toMatchObject({ outcome: 'failed', failures: [{ cause, line: 7 }] });
  });

  it('and says no more than that where it does not say why, and what to ask then', () => {
    expect(runOfStatus({ ended: [ended({ exitCode: 255, reason: 'Unknown' })] })?.failures[0]).toMatchObject({
      text: 'istio-init ended with exit code 255 (Unknown), and the status does not say why',
      fix: expect.stringContaining('kubectl logs'),
    });
    expect(runOfStatus({ ended: [ended({ reason: 'ImagePullBackOff' })] })?.failures[0]?.message).toBe(
      'istio-init was not started (ImagePullBackOff)',
    );
  });

  it('but not of one that ended well, nor by containers of others', () => {
    expect(runOfStatus({ ended: [ended({ exitCode: 0, reason: 'Completed' }), ended({ name: 'migrate' })] })).toBeUndefined();
    expect(runOfStatus({})).toBeUndefined();
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

describe('a pod whose istio-init has not ended has no rules that anybody knows of', () => {
  const statuses = (text: string): string =>
    pod('')
      .replace(/status: .*/, `status: ${text}`)
      .replace('spec: {', 'spec: {initContainers: [{name: istio-init}], ');

  it.each([
    ['{initContainerStatuses: [{name: istio-init, state: {waiting: {reason: PodInitializing}}}]}', 'istio-init waits (PodInitializing)'],
    [
      '{initContainerStatuses: [{name: istio-init, state: {waiting: {reason: ContainerCreating}}}]}',
      'istio-init waits (ContainerCreating)',
    ],
    ['{initContainerStatuses: [{name: istio-init, state: {waiting: {}}}]}', 'istio-init waits (waiting)'],
    ['{initContainerStatuses: [{name: istio-init, state: {running: {startedAt: x}}}]}', 'istio-init still runs'],
    ['{phase: Pending}', 'istio-init waits (Pending)'],
    [
      '{initContainerStatuses: [{name: migrate, state: {waiting: {reason: CrashLoopBackOff}}}, {name: istio-init, state: {waiting: {reason: PodInitializing}}}]}',
      'behind migrate, which waits (CrashLoopBackOff)',
    ],
    [
      '{initContainerStatuses: [{name: migrate, state: {waiting: {reason: ImagePullBackOff}}}, {name: istio-init, state: {waiting: {reason: PodInitializing}}}]}',
      'behind migrate, which waits (ImagePullBackOff)',
    ],
    [
      '{initContainerStatuses: [{name: migrate, state: {running: {}}}, {name: istio-init, state: {waiting: {reason: PodInitializing}}}]}',
      'behind migrate, which still runs',
    ],
  ])('%s', (status, why) => {
    const run = runOfStatus(workloadOf(statuses(status)).pod);
    expect(run).toMatchObject({ outcome: 'not known', failures: [] });
    expect(run?.why).toContain(why);
  });

  it.each([
    '{phase: Running, initContainerStatuses: [{name: istio-init, state: {terminated: {exitCode: 0}}}]}',
    '{phase: Pending, initContainerStatuses: [{name: istio-init, state: {terminated: {exitCode: 0}}}, {name: migrate, state: {running: {}}}]}',
    '{phase: Running}',
    '{}',
  ])('but not %s', (status) => {
    expect(runOfStatus(workloadOf(statuses(status)).pod)).toBeUndefined();
  });
});

it('tells of an exit code in a log what it tells in a status', () => {
  for (const code of [126, 127, 132, 134, 135, 137, 139, 159]) {
    for (const name of ['istio-init', 'istio-validation']) {
      const ofStatus = runOfStatus({ ended: [ended({ name, exitCode: code, reason: '' })] });
      for (const said of [
        `container ${name} exit code: ${code}`,
        `${name} exited with code ${code}`,
        `init container ${name} terminated with exit status ${code}`,
      ])
        expect([said, runIn(`${said}\n`)?.failures[0]?.cause]).toEqual([said, ofStatus?.failures[0]?.cause]);
    }
  }
});
