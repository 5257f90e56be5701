/** What somebody writes who has installed the package: each function, with the types that the page of the library names. */

import type * as library from 'istio-init';
import type {
  AmbientKnobs,
  AmbientPlan,
  AmbientState,
  Answer,
  BehaviorComparison,
  BehaviorRegion,
  CapturePlan,
  Chain,
  Description,
  Difference,
  Escape,
  ExplainedRule,
  ExplainedSetting,
  Explanation,
  Facts,
  Identification,
  InjectedWorkload,
  LintReport,
  LintResult,
  NftRuleset,
  Observation,
  ObservedDifferences,
  Origin,
  Packet,
  PacketWords,
  PlanInput,
  PlanOptions,
  PodFacts,
  PrintedRouting,
  Problem,
  ReadResult,
  ReleaseChanges,
  Rule,
  Ruleset,
  Settings,
  Trace,
  TracedPacket,
  Verdict,
  VerdictId,
} from 'istio-init';
import {
  AmbientFailure,
  behaviorText,
  changes,
  compareBehavior,
  compareObservations,
  compareRulesets,
  describeAnswer,
  diff,
  diffPackets,
  escapes,
  explain,
  firstPacket,
  formatProblem,
  identify,
  injection,
  lint,
  observeAll,
  observeText,
  ProblemError,
  plan,
  planAmbient,
  planAmbientWorkload,
  planFromArguments,
  printCommands,
  printNft,
  printNftJson,
  printNftScript,
  printRestore,
  printRouting,
  printSave,
  proxyPortsOf,
  read,
  readProblemText,
  readRules,
  sidecarSchema,
  trace,
  tracePacket,
  VERDICTS,
  verdictOf,
} from 'istio-init';

// A function whose types could not be found would be of any type, and take and give what it is handed.
type IsAny<V> = 0 extends 1 & V ? true : false;
type Leaks<V> =
  IsAny<V> extends true
    ? true
    : V extends (...args: infer A) => infer R
      ? IsAny<R> extends true
        ? true
        : { [I in keyof A]: IsAny<A[I]> }[number]
      : false;
type Library = typeof library;
type Leaking = { [K in keyof Library]: true extends Leaks<Library[K]> ? K : never }[keyof Library];
const leaking: [Leaking] extends [never] ? true : Leaking = true;

const manifests = {
  file: 'pod.yaml',
  text: `apiVersion: v1
kind: Pod
metadata:
  name: web
  annotations:
    traffic.sidecar.istio.io/excludeOutboundPorts: "3306"
    proxy.istio.io/config: "{proxyMetadata: {ISTIO_META_DNS_CAPTURE: 'true'}}"
spec:
  containers: [{ name: app, image: app }]
`,
} as const;
const namespace =
  'apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {istio.io/dataplane-mode: ambient}}\n---\n' +
  'apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop}\nspec: {containers: [{name: app, image: app}]}\n';

function plans(): readonly string[] {
  const input: PlanInput = { release: '1.28', settings: { 'inbound.excludePorts': '9100' } };
  const pod: CapturePlan = plan(input);
  const rules: Ruleset = pod.ip;
  const settings: Settings = pod.settings;
  const source: Origin = settings['inbound.excludePorts'].source;
  const chain: Chain | undefined = rules.tables[0]?.chains[0];
  const rule: Rule | undefined = chain?.rules[0];
  const options: PlanOptions = { release: '1.12', addresses: ['10.0.0.1'], env: {} };
  const older: CapturePlan = planFromArguments(['-p', '15001', '-b', '*', '-i', '*'], options);
  const routing: PrintedRouting = printRouting(older.routing);
  const whole: Explanation = explain(input);
  const [set]: readonly ExplainedSetting[] = whole.settings;
  const [why]: readonly ExplainedRule[] = whole.rules;
  const native: CapturePlan = plan({ manifests, release: '1.30', nameservers: ['10.96.0.10'], values: 'global: {nativeNftables: true}' });
  const tables: NftRuleset = native.nft ?? { tables: [] };
  return [
    [printSave(rules), printRestore(rules), printCommands(rules)].map((text) => text.length > 0).join(),
    [printNft(native), printNftScript(tables), printNftJson(tables)].map((text) => text.length > 0).join(),
    `${source.kind} ${rule === undefined} ${Object.keys(routing).length > 0} ${set?.key ?? ''} ${why?.because ?? ''}`,
  ];
}

function ofManifests(): readonly string[] {
  const report: LintReport = lint({ manifests });
  const [result]: readonly LintResult[] = report.results;
  const [web]: readonly InjectedWorkload[] = injection({ manifests, release: '1.28' });
  const knobs: AmbientKnobs = { backend: 'nftables' };
  const agent: AmbientPlan = planAmbient(knobs, { release: '1.30' });
  const state: AmbientState = agent.state;
  const pod: AmbientPlan = planAmbientWorkload({ manifests: namespace, release: '1.30' });
  return [`${result?.code ?? 'nothing'} ${web?.injection.kind ?? ''} ${agent.release} ${typeof state} ${pod.release}`];
}

function found(): readonly string[] {
  const saved: string = printSave(plan({ release: '1.20' }).ip);
  const seen: Observation = read(saved, { family: 'ip' });
  const texts: ReadResult = readRules(saved);
  const identification: Identification = identify(seen);
  const answer: Answer | undefined = identification.answers[0];
  const described: Description | undefined = answer === undefined ? undefined : describeAnswer(identification, answer);
  const differences: ObservedDifferences = diff(saved, plan({ release: '1.20' }));
  const same: ObservedDifferences = compareObservations(seen, observeText(readRules(saved)));
  const all: Observation = observeAll(plan());
  const ordered: readonly Difference[] = compareRulesets(texts.rulesets, [plan({ release: '1.20' }).ip]);
  return [
    `${identification.outcome} ${typeof described} ${differences.differences.length} ${same.differences.length} ${ordered.length}`,
    `${texts.problems.map(readProblemText).join()} ${all.ip.tables.length > 0}`,
  ];
}

function packets(): readonly string[] {
  const pod = plan({ manifests, nameservers: 'unknown' });
  const facts: PodFacts = { addresses: ['10.0.0.7'] };
  const words: PacketWords = { from: 'app', to: '10.0.0.5:3306' };
  const traced: TracedPacket = trace(pod, words, facts);
  const verdict: Verdict = traced.verdict;
  const id: VerdictId = verdict.id;
  const regions: readonly Escape[] = escapes(pod, facts);
  const compared: BehaviorComparison = diffPackets(plan({ release: '1.12' }), plan({ release: '1.28' }));
  const [region]: readonly BehaviorRegion[] = compared.different;
  const known: Facts = { addresses: ['10.0.0.7'] };
  const packet: Packet = firstPacket({ family: 'ip', origin: 'remote', protocol: 'tcp', destination: '10.0.0.7', destinationPort: 22 });
  const way: Trace = tracePacket(plan({ release: '1.28' }), packet, known);
  const ids: readonly string[] = VERDICTS;
  const ports = proxyPortsOf(pod);
  return [
    `${id} ${regions.map((one) => `${one.verdict} ${one.words}`).join()}`,
    `${region === undefined} ${compareBehavior === undefined} ${region === undefined ? '' : behaviorText(region, '1.12', '1.28')}`,
    `${ids.includes(verdictOf(way.end, ports).id)}`,
  ];
}

function refused(): readonly string[] {
  try {
    // @ts-expect-error: a misspelt key is an error of types before it is one of the program
    plan({ relase: '1.20' });
  } catch (error) {
    if (error instanceof AmbientFailure || !(error instanceof ProblemError)) throw error;
    const problems: readonly Problem[] = error.problems;
    return problems.map(formatProblem);
  }
  return [];
}

function releases(): readonly string[] {
  const changed: ReleaseChanges = changes('1.23..1.25');
  return [`${changed.rules.length > 0} ${typeof sidecarSchema()} ${leaking}`];
}

export const printed: readonly string[] = [plans, ofManifests, found, packets, refused, releases].flatMap((work) => work());
