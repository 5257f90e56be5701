import { describe, expect, it } from 'vitest';
import { clusterName } from '../../../../src/istio/kubernetes/cluster/cluster-name.ts';

/** `Deployment orders`, `Deployment shop/orders`, `namespace shop`, `cluster`, `refused`. */
function read(word: string): string | undefined {
  const name = clusterName(word);
  if (name === undefined || 'refused' in name) return name && 'refused';
  if (name.kind === 'cluster') return 'cluster';
  if (name.kind === 'namespace') return `namespace ${name.name ?? 'of the context'}`;
  return `${name.resource.kind} ${name.namespace === undefined ? '' : `${name.namespace}/`}${name.name}`;
}

describe('a name of a cluster', () => {
  it.each([
    ['pod/web-1', 'Pod web-1'],
    ['po/web-1', 'Pod web-1'],
    ['pods/web-1', 'Pod web-1'],
    ['deploy/orders', 'Deployment orders'],
    ['Deployment/shop/orders', 'Deployment shop/orders'],
    ['deployment.apps/orders', 'Deployment orders'],
    ['deployments.v1.apps/orders', 'Deployment orders'],
    ['sts/db', 'StatefulSet db'],
    ['ds/agent', 'DaemonSet agent'],
    ['rs/web-5d8', 'ReplicaSet web-5d8'],
    ['rc/old', 'ReplicationController old'],
    ['job/once', 'Job once'],
    ['cj/nightly', 'CronJob nightly'],
    ['cronjobs.v1beta1.batch/nightly', 'CronJob nightly'],
    ['dc/shop', 'DeploymentConfig shop'],
    ['rollout/web', 'Rollout web'],
    ['rollouts.argoproj.io/web', 'Rollout web'],
    ['ns/shop', 'namespace shop'],
    ['namespace/shop', 'namespace shop'],
    ['ns/', 'namespace of the context'],
    ['cluster', 'cluster'],
    ['pod/web.example.com', 'Pod web.example.com'],
  ])('%s is %s', (word, name) => {
    expect(read(word)).toBe(name);
  });

  it.each([
    'pods.json',
    'orders',
    'manifests/web.yaml',
    'svc/web',
    'deployments.example.com/web',
    'deploy',
    'a/b/c/d',
    './pod/x',
    '/pod/x',
    'CLUSTER',
    '',
  ])('%j is none', (word) => {
    expect(read(word)).toBeUndefined();
  });

  it.each([
    'pod/',
    'pod/-x',
    'pod/x-',
    'pod/--kubeconfig',
    'deploy/A',
    'pod/a b',
    'pod/..',
    'pod/a%2Fb',
    'pod/a?b',
    'pod/a\nb',
    'ns/-A',
    'ns/a.b',
    'pod/-/x',
    `pod/${'a'.repeat(254)}`,
  ])('%j never gets near an address', (word) => {
    expect(read(word)).toBe('refused');
  });
});
