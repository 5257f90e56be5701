/** What a trace takes place in: a source as a scene, with its name and the reasons of its rules. */

import { badOption } from '../../istio/bad-option.ts';
import { withInterfacesOfMaker } from '../../istio/found/hidden-interfaces.ts';
import { agentRules } from '../../istio/found/identify/ambient.ts';
import type { Answer, Identification } from '../../istio/found/identify.ts';
import { identify } from '../../istio/found/identify.ts';
import { rulesMadeBy } from '../../istio/found/reasons.ts';
import type { LiveRouting } from '../../istio/found/routing-changes.ts';
import { planFromSettings } from '../../istio/kubernetes/plan-from-settings.ts';
import { isAmbient } from '../../istio/packets/ambient.ts';
import type { Owner } from '../../istio/packets/pod.ts';
import type { PodNetwork } from '../../istio/packets/pod-network.ts';
import { hiddenIn, podNetworkOfPlan, podNetworkOfRules } from '../../istio/packets/pod-network.ts';
import type { ObservedNetwork } from '../../istio/packets/trace-plan.ts';
import type { CapturePlan } from '../../istio/plan/plan.ts';
import type { Routing } from '../../istio/plan/routing.ts';
import type { Problem } from '../../istio/problems.ts';
import type { ListedFlow } from '../../netfilter/conntrack-listing.ts';
import type { Family } from '../../netfilter/family.ts';
import type { Observation, Unseen } from '../../netfilter/observation.ts';
import { observeAll } from '../../netfilter/observation.ts';
import type { Rule } from '../../netfilter/rule.ts';
import type { RulePlace } from '../../netfilter/trace/result.ts';
import { beyondRules, flowsOf, networkOf } from '../../sources/namespace-evidence.ts';
import { hasSettings } from '../../sources/operand-settings.ts';
import { planName } from '../../sources/operands.ts';
import type { SourceOptions } from '../../sources/options.ts';
import type { PlanOptions } from '../../sources/plan-input/input.ts';
import { inputWithUnknownServers, unknownServersNotes } from '../../sources/plan-input/placeholder-nameserver.ts';
import { factsOf, readInput } from '../../sources/plan-input.ts';
import { readSource, textSource } from '../../sources/read-source.ts';
import type { RuleSource } from '../../sources/rule-source.ts';
import type { SourceName } from '../../sources/source-name.ts';
import { parseSource } from '../../sources/source-name.ts';
import { headingOf, reasonOf } from '../diff/words.ts';
import { agentText } from '../identify/agent-text.ts';
import { settingsText } from '../identify/maker-text.ts';
import { makerName } from '../identify/words.ts';
import { earlyContainers } from './init-containers.ts';

export interface TraceContext {
  readonly name: string;
  readonly podNetwork: PodNetwork;
  /** Who is thought to have made rules that were found, in words. */
  readonly inferred?: string;
  /** A source that makes exactly these rules, and shows all of them. */
  readonly twin?: string;
  /** The same with what its form hides, as the maker that is known exactly has it, and that as a condition. */
  readonly asMade?: { readonly podNetwork: PodNetwork; readonly condition: string };
  /** Why a rule is there, and which settings made it so. */
  readonly reason: (place: RulePlace) => string | undefined;
  /** The same without the settings. */
  readonly purpose: (place: RulePlace) => string | undefined;
  /** The rule of a plan, or of who is thought to have made it: it knows its reason. */
  readonly ruleOf: (place: RulePlace) => Rule | undefined;
  /** What a rule is called, in a plan or by who is thought to have made it. */
  readonly idOf: (place: RulePlace) => string | undefined;
  /** Whether lines of the source mean something to its reader: those of what a program printed for us do not. */
  readonly lines: boolean;
  /** Tables of a live namespace that iptables-legacy holds. */
  readonly legacyTables?: readonly string[];
  /** Connections that the source lists beside its rules. */
  readonly flows?: readonly ListedFlow[];
  /** Init containers that run before the rules or the proxy, a sentence each. */
  readonly early?: readonly string[];
  /** What was taken for true where nobody said so, in sentences. */
  readonly taken: readonly string[];
  readonly problems: readonly Problem[];
  readonly notes: readonly string[];
}

export interface TraceContextOptions {
  readonly family?: Family;
  readonly beforeProxy: boolean;
  readonly proxy?: Owner;
}

/** Reads a source to trace in. Throws a ProblemError for one that can't be used. */
export async function readTraceContext(
  source: string | undefined,
  given: PlanOptions,
  options: TraceContextOptions,
): Promise<TraceContext> {
  const name = parseSource(source);
  const ruleSource = await sourceIn(source, name, given, options.family);
  if (ruleSource.plan === undefined) refuseSettings(ruleSource.name, name, given);
  return traceContextOf(ruleSource, name, given, options);
}

/** A side that knows the workload whose plan it is, and what its manifest tells of the pod. */
async function sourceIn(
  source: string | undefined,
  name: SourceName,
  given: PlanOptions,
  family: Family | undefined,
): Promise<WorkloadSource> {
  if (name.kind !== 'settings' && name.kind !== 'file') return readSource(source, given, family);
  const input = await readInput(name, { ...given, placeholder: 'unknown' });
  if (input.kind === 'text') return textSource(input.text, family, input.notes);
  const { plan, notes, facts, of, whyNoPlan, run, unseen } = inputWithUnknownServers(input);
  return {
    name: `Istio ${plan.release}`,
    seen: { ...observeAll(plan), unseen: unseen === undefined ? [] : [{ reason: unseen }] },
    plan,
    facts,
    input,
    ...(of === undefined ? {} : { of }),
    ...(run === undefined ? {} : { run }),
    problems: plan.problems,
    // The heading says what the other notes say.
    notes: whyNoPlan === undefined ? unknownServersNotes(input) : notes,
  };
}

interface WorkloadSource extends RuleSource {
  readonly of?: string;
}

/** A side that was read, as a place to trace in. */
export async function traceContextOf(
  ruleSource: WorkloadSource,
  name: SourceName,
  given: SourceOptions,
  options: TraceContextOptions,
): Promise<TraceContext> {
  const { plan, problems, notes } = ruleSource;
  const facts = ruleSource.facts ?? (await factsOf(given));
  const podNetworkOptions = { facts, state: { beforeProxy: options.beforeProxy }, ...(options.proxy && { proxy: options.proxy }) };
  const early = options.beforeProxy ? [`the proxy does not listen yet: ${BEFORE_PROXY}`] : [];
  if (plan === undefined) {
    const found = await foundSetting(ruleSource, name, podNetworkOptions);
    return { ...found, taken: [...early, ...found.taken], problems, notes };
  }
  return {
    name: ruleSource.of === undefined ? planName(plan, name, given) : `Istio ${plan.release}, ${ruleSource.of}`,
    podNetwork: {
      ...podNetworkOfPlan(plan, podNetworkOptions),
      unseen: hiddenIn(ruleSource.seen),
      ...(ruleSource.run && { failed: ruleSource.run }),
    },
    reason: ({ rule }) => reasonOf(rule, plan),
    purpose: ({ rule }) => rule.because?.text,
    ruleOf: ({ rule }) => rule,
    idOf: ({ rule }) => rule.id,
    lines: false,
    early: earlyContainers(ruleSource.input?.basis, plan),
    taken: early,
    problems,
    notes,
  };
}

const BEFORE_PROXY = 'what REDIRECT sends to it is refused, and what TPROXY hands to it is dropped';

/** Rules are what they are: settings make none of them. */
function refuseSettings(source: string, { kind }: SourceName, given: SourceOptions): void {
  const { args: _args, env: _env, envFile: _envFile, ...rest } = given;
  if (hasSettings(kind === 'command' ? { ...rest, env: [] } : given))
    throw badOption(source, 'holds rules; settings (--set, --release, arguments) do not go with it');
}

async function foundSetting(
  ruleSource: RuleSource,
  name: SourceName,
  options: Parameters<typeof podNetworkOfRules>[2] & object,
): Promise<Omit<TraceContext, 'problems' | 'notes'>> {
  const identified = identify(ruleSource.seen);
  const ambient = isAmbient(ruleSource.seen);
  const [likeliest] = ambient ? [] : identified.answers;
  const { routing, network, silent, taken, unseen } = await around(name, likeliest?.plan, ruleSource.routing);
  const flows = ruleSource.flows ?? (await flowsOf(name, ruleSource.seen));
  const made = { ...(likeliest?.plan ?? planFromSettings({})), ...(routing && { routing }) };
  const nameservers = likeliest?.facts.nameservers;
  const facts = { ...(nameservers && { nameservers }), ...options.facts };
  const state = { ...options.state, ...(silent && { beforeProxy: true }), ...(network && { network }) };
  const madeAs = rulesMadeBy(likeliest?.plan ?? agentRules(identified.agent));
  const exact = identified.outcome === 'exact' && likeliest?.nonDefault.settings.length === 0 && likeliest.nonDefault.switches.length === 0;
  const networkOfRules = (seen: Observation): PodNetwork =>
    podNetworkOfRules({ ...seen, unseen: [...seen.unseen, ...unseen] }, made, {
      ...options,
      facts,
      state,
      byNobody: likeliest === undefined,
      ...(ruleSource.run && { failed: ruleSource.run }),
    });
  const filled = ambient || likeliest === undefined ? undefined : withInterfacesOfMaker(ruleSource.seen, identified);
  return {
    name: headingOf(ruleSource),
    podNetwork: networkOfRules(ruleSource.seen),
    ...(filled !== undefined &&
      likeliest !== undefined && {
        asMade: {
          podNetwork: networkOfRules(filled),
          condition: `the interfaces that are not shown are those of ${makerName(likeliest)}, whose rules these are`,
        },
      }),
    ...(flows.length > 0 && { flows }),
    legacyTables: [...new Set((ruleSource.places ?? []).flatMap(({ backend, table }) => (backend === 'legacy' ? [table] : [])))],
    inferred: ambient ? `${identified.agent.map(agentText).join(' and ')}: ${AMBIENT}` : inferredText(identified, likeliest),
    ...(exact && { twin: `@${likeliest.plan.release}` }),
    reason: (place) => madeAs(place)?.because?.text,
    purpose: (place) => madeAs(place)?.because?.text,
    ruleOf: madeAs,
    idOf: (place) => madeAs(place)?.id,
    lines: name.kind === 'file',
    taken,
  };
}

const AMBIENT = 'the proxy is ztunnel (ports 15001, 15006 and 15008; it marks its own calls with 0x539)';

function inferredText({ outcome }: Identification, likeliest: Answer | undefined): string {
  if (likeliest === undefined)
    return 'no rules of an Istio sidecar; the proxy is assumed to be the default one (uid 1337, gid 1337, ports 15001 and 15006)';
  const count = likeliest.differences.length;
  if (outcome === 'unknown') return `not known; what could be read is nearest to ${makerName(likeliest)}, ${settingsText(likeliest)}`;
  const differs = outcome === 'exact' ? '' : `; ${count} difference${count === 1 ? '' : 's'}`;
  return `${outcome === 'exact' ? '' : 'nearest to '}${makerName(likeliest)}, ${settingsText(likeliest)}${differs}`;
}

/** What is known beside the rules. */
interface Around {
  readonly routing?: Routing;
  readonly network?: ObservedNetwork;
  /** Nothing listens where the proxy should. */
  readonly silent: boolean;
  readonly taken: readonly string[];
  /** What of that could not be looked at. */
  readonly unseen: readonly Unseen[];
}

/** A live namespace is as it is; around rules in a text things are as those who are thought to have made them would have them. */
async function around(name: SourceName, made: CapturePlan | undefined, listed: RuleSource['routing']): Promise<Around> {
  if (name.kind === 'namespace') {
    const { routing, listening, unseen } = await beyondRules(name);
    const network = await networkOf(name);
    const { settings } = made ?? planFromSettings({});
    const ports = [settings['proxy.port'].value, settings['proxy.inboundPort'].value];
    const silent = listening !== undefined && !ports.some((port) => listening.tcp.has(port));
    const taken = silent ? [`nothing listens on ${[...new Set(ports)].join(' and ')} there: ${BEFORE_PROXY}`] : [];
    const unread = typeof network === 'string' ? [{ reason: network }] : [];
    return {
      ...(routing && { routing: asRouting(routing) }),
      ...(typeof network === 'object' && { network }),
      silent,
      taken,
      unseen: [...unseen, ...unread],
    };
  }
  if (listed !== undefined)
    return { routing: { ...listed, addresses: made?.routing.addresses ?? [] }, silent: false, unseen: [], taken: [] };
  const needed = made !== undefined && made.routing.rules.length > 0;
  return { silent: false, unseen: [], taken: needed ? ['policy routing is unknown: it is assumed to be as the release makes it'] : [] };
}

function asRouting({ rules, routes, addresses }: LiveRouting): Routing {
  const because = { text: 'It is there.', settings: [] };
  return {
    rules: rules.filter(({ plain }) => plain).map(({ family, mark, table }) => ({ family, mark, table, because })),
    routes: routes.filter(({ localDefault }) => localDefault).map(({ family, table }) => ({ family, device: 'lo', table, because })),
    addresses: addresses.map(({ family, address }) => ({ family, address, device: 'lo', because })),
  };
}
