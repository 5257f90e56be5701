/** An explanation as data; docs/explain.md describes it. Keys are added, never renamed or removed. */

import type { Effect, Explanation } from '../../istio/advice/explain.ts';
import { API_VERSION } from '../../istio/api-version.ts';
import { wordsOf } from '../../istio/kubernetes/injection/injected.ts';
import { initContainersOf, pastedContainer } from '../../istio/kubernetes/pod-init-containers.ts';
import type { Origin, Sourced } from '../../istio/origin.ts';
import { printSource } from '../../istio/origin.ts';
import { problemDocument } from '../../istio/plan/plan-document.ts';

/** `pasted`: with images that can be pulled, and variables as Kubernetes has them. */
export function explanationDocument({ plan, basis, facts, settings, ignored, rules, routing }: Explanation, pasted = false): object {
  return {
    apiVersion: API_VERSION,
    kind: 'Explanation',
    release: plan.release,
    of: subjectOf(basis, pasted),
    pod: { addresses: facts.addresses ?? [], ...(facts.nameservers === undefined ? {} : { nameservers: facts.nameservers }) },
    settings: settings.map(({ key, value, source, passedAs, over, effect }) => ({
      name: key,
      value,
      source: sourceDocument(source),
      ...(passedAs === undefined ? {} : { passedAs }),
      over: over.map(overriddenDocument),
      ...effectDocument(effect),
    })),
    unused: ignored.map(({ name, value, source, because }) => ({ name, value, source: sourceDocument(source), because })),
    rules: rules.map(({ family, table, chain, id, text, because, settings: causes }) => ({
      family,
      table,
      chain,
      id,
      text,
      because,
      settings: causes,
    })),
    routing,
    problems: plan.problems.map(problemDocument),
  };
}

function subjectOf(basis: Explanation['basis'], pasted: boolean): object {
  if (basis.kind !== 'workload') return { kind: basis.kind };
  const { workload, injection, found, release } = basis.made;
  const uninjected = injection.kind === 'none' && injection.by !== undefined;
  const refusal = injection.kind === 'refused' ? injection.refusal : undefined;
  const containers = initContainersOf(basis.made, basis.mesh);
  return {
    kind: 'workload',
    workload: { kind: workload.kind, namespace: workload.namespace, name: workload.name, source: sourceDocument(workload.source) },
    injected: !uninjected && refusal === undefined,
    found,
    ...(uninjected ? { because: injection.by === 'webhook' ? 'no webhook is called' : 'the injector leaves it alone' } : {}),
    ...(refusal === undefined ? {} : { refused: refusal }),
    initContainers: pasted ? containers.map((one) => pastedContainer(one, release.value)) : containers,
    releaseSource: sourceDocument(release.source),
    ...(injection.kind === 'none' ? { without: { reason: injection.reason, source: sourceDocument(injection.source) } } : {}),
    ...(injection.kind !== 'arguments'
      ? {}
      : {
          installer: injection.installer,
          arguments: wordsOf(injection.arguments),
          environment: Object.fromEntries([...injection.environment].map(([name, { value }]) => [name, value])),
        }),
  };
}

function sourceDocument(source: Origin): object {
  // How far a block is indented is a matter of its readers.
  const fields = Object.entries(source).filter(([name]) => name !== 'indent');
  return { text: printSource(source), ...Object.fromEntries(fields) };
}

function overriddenDocument({ value, source }: Sourced<string>): object {
  return { value, source: sourceDocument(source) };
}

function effectDocument(effect: Effect): object {
  switch (effect.kind) {
    case 'default':
      return { given: false };
    case 'same':
      return { given: true, effect: 'same' };
    case 'none':
      return { given: true, effect: 'none', because: effect.because };
    case 'some':
      return { given: true, effect: 'some', ...(effect.idle.length === 0 ? {} : { idle: effect.idle }) };
    default:
      return effect satisfies never;
  }
}
