import { describe, expect, it } from 'vitest';
import {
  changes,
  compareObservations,
  compareRulesets,
  diff,
  diffPackets,
  escapes,
  explain,
  identify,
  injection,
  lint,
  observeAll,
  observeText,
  plan,
  planAmbient,
  planAmbientWorkload,
  planFromArguments,
  printNft,
  printNftJson,
  printRestore,
  printRouting,
  printSave,
  read,
  readRules,
  trace,
} from '../../src/index.ts';
import { planFromSettings } from '../../src/istio/kubernetes/plan-from-settings.ts';
import { ProblemError } from '../../src/istio/problems.ts';

const POD = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  template:
    metadata:
      annotations: {traffic.sidecar.istio.io/excludeOutboundPorts: "3306"}
    spec:
      containers: [{name: app, image: app}]
`;

function message(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof ProblemError) return error.message;
    throw error;
  }
  return 'accepted';
}

// What a caller without types may hand over.
const any = (value: unknown): never => value as never;

describe('what can not be used is refused in the words of the program', () => {
  it.each<[string, () => unknown, string]>([
    ['a text for a list', () => planFromArguments(any('-p 15001')), 'arguments "-p 15001" is not a list of texts'],
    ['a number in a list', () => planFromArguments(any(['-p', 15001])), 'arguments[1] number 15001 is not a text'],
    [
      'what is no address',
      () => planFromArguments([], { addresses: ['foo'] }),
      'addresses "foo" is not an address such as 10.1.2.3 or 2001:db8::7',
    ],
    ['one address for a list', () => plan({ addresses: any('10.0.0.1') }), 'addresses "10.0.0.1" is not a list of texts'],
    ['a nameserver that is none', () => plan({ nameservers: ['dns'] }), 'nameservers "dns" is not an address such as 10.96.0.10'],
    ['an unknown key', () => plan(any({ relese: '1.20' })), 'plan "relese" is not one of '],
    ['an unknown release', () => plan({ release: '9.9' }), 'release "9.9" is not a known release of Istio'],
    ['a release that is no text', () => plan({ release: any(1.2) }), 'release number 1.2 is not a text'],
    ['a list for an object', () => plan({ settings: any(['a=b']) }), 'settings a list is not an object'],
    ['an unknown setting', () => plan({ settings: { 'dns.captur': 'all' } }), 'did you mean dns.capture?'],
    [
      'one by its key, as the caller named it',
      () => plan({ settings: { 'dns.captur': 'all' } }),
      'settings "dns.captur" is not a key here',
    ],
    ['arguments beside manifests', () => plan({ arguments: [], manifests: POD }), 'manifests does not go with arguments'],
    ['an environment without arguments', () => plan({ environment: {} }), 'environment goes with arguments'],
    ['values without a workload', () => plan({ values: 'a: 1' }), 'values go with manifests'],
    ['an installer that is none', () => plan({ manifests: POD, installer: any('cin') }), 'installer "cin" is not one of init, cni'],
    [
      'manifests without a workload',
      () => plan({ manifests: 'apiVersion: v1\nkind: Service\nmetadata: {name: a}\n' }),
      'manifests hold no workload',
    ],
    ['broken YAML', () => plan({ manifests: 'a: [' }), 'manifests:1:5 '],
    ['a workload that is not there', () => plan({ manifests: POD, workload: 'wab' }), 'workload "wab" is not one of Deployment/shop/web'],
    [
      'one of several',
      () => plan({ manifests: [POD, POD.replace('name: web', 'name: app')] }),
      'there are 2: Deployment/shop/web, Deployment/shop/app; name one',
    ],
    ['no manifests for injection', () => injection(any({})), 'manifests undefined is not an object'],
    ['no input for lint', () => lint(any(undefined)), 'lint undefined is not an object'],
    ['no rules', () => identify(any({})), 'identify wants rules: a text, what read() gives, or a plan'],
    ['nothing', () => identify(any(undefined)), 'identify wants rules'],
    ['a number', () => diff(plan(), any(7)), 'right wants rules'],
    ['a text without rules', () => identify('hello'), 'text has no rules in it; what is read: a save'],
    ['one among two', () => diff(plan(), 'no rules here'), 'right has no rules in it'],
    ['no text at all', () => identify(' \n'), 'text has no rules in it'],
    ['rules for a plan', () => trace(any(read('')), { from: 'app', to: '10.0.0.5:80' }), 'trace wants a plan, as plan() gives it'],
    ['a packet without an end', () => trace(plan(), { from: 'app' }), 'packet.to is missing'],
    ['a sender that is none', () => trace(plan(), { from: 'ap', to: 'pod:80' }), 'packet.from "ap" is not one of app, '],
    ['a packet with another word', () => trace(plan(), any({ form: 'app' })), 'packet "form" is not one of from, to'],
    [
      'a pod with another fact',
      () => escapes(plan(), any({ address: [] })),
      'facts "address" is not one of addresses, nameservers (did you mean addresses?)',
    ],
    ['a text for a plan', () => diffPackets(any('x'), plan()), 'left wants a plan'],
    ['a family that is none', () => read('', any({ family: 'ipv4' })), 'family "ipv4" is not one of ip, ip6'],
    ['a text that is none', () => read(any(7)), 'read number 7 is not a text'],
    ['a destination that is no text', () => trace(plan(), any({ from: 'app', to: 80 })), 'packet.to number 80 is not a text'],
    ['a count that is none', () => escapes(plan(), {}, any('x')), 'most x is not a number of regions, 1 or more'],
    ['no count', () => escapes(plan(), {}, 0), 'most 0 is not a number of regions'],
    [
      'a mode that is misspelt',
      () => plan({ settings: { mode: 'REDIRCT' } }),
      '"REDIRCT" is not REDIRECT, TPROXY, NONE (did you mean REDIRECT?)',
    ],
    ['a misspelt workload', () => plan({ manifests: POD, workload: 'wob' }), '(did you mean web?)'],
    ['a workload of nothing', () => plan({ workload: 'web' }), 'workload goes with manifests'],
    ['an installer of nothing', () => plan({ installer: 'cni' }), 'installer goes with manifests'],
    ['a key that explain has not', () => explain(any({ relese: '1' })), 'explain "relese" is not one of '],
    [
      'nameservers that nobody named',
      () => plan({ settings: { 'dns.capture': 'servers' } }),
      'name them with nameservers, or capture "all"',
    ],
    ['a word for nameservers', () => plan({ nameservers: any('unkown') }), 'nameservers "unkown" is not a list of texts'],
    ['options that are none', () => planFromArguments([], any(null)), 'options null is not an object'],
    ['an option that is misspelt', () => planFromArguments([], any({ relase: '1.20' })), '(did you mean release?)'],
    ['an environment that is a list', () => planFromArguments([], { env: any([]) }), 'env a list is not an object'],
    ['a knob that is none', () => planAmbient(any({ backed: 'nftables' })), '(did you mean backend?)'],
    ['an unknown release of the agent', () => planAmbient({}, { release: any(1.28) }), 'release number 1.28 is not a text'],
    ['a plan where rules are printed', () => printSave(any(plan())), 'printSave wants the rules of one family, as plan.ip or plan.ip6'],
    ['nothing to print', () => printRestore(any(undefined)), 'printRestore wants the rules'],
    ['rules where a plan is printed', () => printNft(any(plan().ip)), 'printNft wants a plan'],
    [
      'a plan where tables of nft are printed',
      () => printNftJson(any(plan())),
      'printNftJson wants the tables of a native plan, as plan.nft',
    ],
    ['a plan where its routing is printed', () => printRouting(any(plan())), 'printRouting wants the routing of a plan'],
    ['texts where rules are compared', () => compareRulesets(any('a'), any('b')), 'left wants a list with the rules of each family'],
    ['plans where what was seen is compared', () => compareObservations(any(plan()), any(plan())), 'left wants what read() gives'],
    ['no text to read', () => readRules(any(undefined)), 'readRules undefined is not a text'],
    ['no rules to observe', () => observeAll(any({})), 'observeAll wants the rules of both families'],
    ['a text to observe', () => observeText(any('*nat')), 'observeText wants what readRules() gives'],
    ['a range of releases that are none', () => changes('1.20..1.99'), 'changes "1.99" is not a known release'],
    ['a range that is none', () => changes('1.20-1.28'), 'is not a range of releases'],
  ])('%s', (_, work, expected) => {
    expect(message(work)).toContain(expected);
  });
});

describe('what the functions give', () => {
  it('a plan without anything is that of a default pod of the newest release, and as the program makes it', () => {
    expect(printSave(plan({ release: '1.20' }).ip)).toBe(
      printSave(planFromSettings({ release: { value: '1.20', source: { kind: 'option', option: '--release' } } }).ip),
    );
  });
  it('each way to say a port leads to the same rules', () => {
    const bySettings = plan({ release: '1.28', settings: { 'outbound.excludePorts': '3306' } });
    const byManifest = plan({ release: '1.28', manifests: POD });
    const byJson = plan({
      release: '1.28',
      manifests: {
        file: 'a.json',
        text: '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","annotations":{"traffic.sidecar.istio.io/excludeOutboundPorts":"3306"}},"spec":{"containers":[]}}',
      },
    });
    expect(diff(bySettings, byManifest).differences).toEqual([]);
    expect(diff(bySettings, byJson).differences).toEqual([]);
    expect(diff(printSave(bySettings.ip), byManifest).differences).toEqual([]);
  });
  it('values of the mesh count for workloads', () => {
    const values = 'global: {proxy: {excludeIPRanges: 10.0.0.0/8}}';
    const { settings } = explain({ manifests: POD, values });
    expect(settings.find(({ key }) => key === 'outbound.excludeRanges')).toMatchObject({ text: '10.0.0.0/8', effect: { kind: 'some' } });
  });
  it('one of several workloads is chosen by any end of its name', () => {
    const manifests = [POD, POD.replace('name: web', 'name: app').replace('3306', '5432')];
    for (const workload of ['app', 'shop/app', 'Deployment/shop/app'])
      expect(printSave(plan({ manifests, workload }).ip)).toContain('5432');
  });
  it('a SidecarCapture is a manifest', () => {
    const manifests = 'apiVersion: istio-init/v1\nkind: SidecarCapture\nrelease: 1.20.3\ninbound: {excludePorts: [9100]}\n';
    expect(plan({ manifests }).release).toBe('1.20.3');
    expect(lint({ manifests }).workloads).toBe(1);
  });
  it('injection tells of every workload, lint of each finding', () => {
    expect(injection({ manifests: POD, release: '1.20' })).toMatchObject([
      { kind: 'Deployment', namespace: 'shop', name: 'web', release: '1.20.8', found: false },
    ]);
    expect(lint({ manifests: POD.replace('"3306"', '"3306,3306"') }).results.map(({ code }) => code)).toEqual(['port-twice']);
    expect(lint({ manifests: 'a: [' }).results.map(({ code }) => code)).toEqual(['bad-yaml']);
  });
  it('what escapes, with IPv6 where the pod has it', () => {
    const open = plan({ manifests: POD });
    expect(escapes(open).map(({ words }) => words)).toEqual(['TCP to port 3306 from the pod']);
    expect(escapes(open, { addresses: ['10.0.0.1', '2001:db8::1'] }).some(({ family }) => family === 'ip6')).toBe(true);
    expect(trace(open, { from: 'app', to: '10.0.0.5:3306' }).verdict.id).toBe('direct');
  });
});

describe('manifests of an ambient pod', () => {
  const ambient = (more = ''): string =>
    `apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {istio.io/dataplane-mode: ambient}}\n---\n${POD.replace('traffic.sidecar.istio.io/excludeOutboundPorts: "3306"', more)}`;

  it("give the node agent's plan, by annotations and values", () => {
    const made = planAmbientWorkload({ manifests: ambient('ambient.istio.io/bypass-inbound-capture: "true"'), release: '1.30.3' });
    expect(made.knobs).toMatchObject({ ingress: true });
    expect(printSave(made.ip)).toBe(printSave(planAmbient(made.knobs, { release: '1.30.3' }).ip));
    const native = planAmbientWorkload({ manifests: ambient(), release: '1.30.3', values: 'global: {nativeNftables: true}\n' });
    expect(native.nft?.tables.length).toBeGreaterThan(0);
  });

  it('are refused in a line where they are no ambient pod, or its agent makes nothing in pods, and plan says where to go', () => {
    expect(message(() => planAmbientWorkload({ manifests: POD }))).toContain('gets no rules of the node agent: it is not in ambient mode');
    expect(message(() => planAmbientWorkload({ manifests: ambient(), release: '1.20.0' }))).toContain(
      "gets no rules of the node agent: Istio 1.20.0's node agent makes no rules in pods",
    );
    expect(message(() => plan({ manifests: ambient(), release: '1.30.3' }))).toContain(
      'manifests Deployment/shop/web gets no rules: it is in ambient mode; planAmbientWorkload says what its node agent makes',
    );
  });
});

describe('nameservers that are unknown', () => {
  const DNS = POD.replace('annotations: {', 'annotations: {proxy.istio.io/config: "{proxyMetadata: {ISTIO_META_DNS_CAPTURE: \'true\'}}", ');

  it('make a plan to follow packets through, which is the same but for DNS', () => {
    const unknown = plan({ manifests: DNS, nameservers: 'unknown' });
    const known = plan({ manifests: DNS, nameservers: ['10.96.0.10'] });
    expect(trace(unknown, { from: 'app', to: '10.0.0.5:3306' }).verdict).toEqual(
      trace(known, { from: 'app', to: '10.0.0.5:3306' }).verdict,
    );
    expect(trace(unknown, { from: 'app', to: '10.0.0.5:53', protocol: 'udp' }).verdict.words).toBe(
      'unknown: dns-agent or direct, rule 2 of ISTIO_OUTPUT_DNS in nat asks for NAMESERVER, whose address is not known',
    );
    expect(escapes(unknown).map(({ verdict, words }) => `${verdict} ${words}`)).toEqual([
      'direct TCP to port 3306 from the pod',
      'unknown UDP to port 53 from the pod',
    ]);
    expect(diffPackets(unknown, plan({ manifests: DNS, nameservers: 'unknown' })).answer).toBe('equal');
    expect(JSON.stringify(unknown)).not.toMatch(/192\.0\.2\.53|2001:db8::53/);
  });

  it('are the same as known ones where no rule names them', () => {
    expect(printSave(plan({ manifests: POD, nameservers: 'unknown' }).ip)).toBe(printSave(plan({ manifests: POD }).ip));
  });

  it('leave out of an explanation the rules that name them', () => {
    const { rules, plan: made } = explain({ manifests: DNS, nameservers: 'unknown' });
    expect(made.problems.map(({ code }) => code)).toContain('servers-unknown');
    expect(rules.length).toBeGreaterThan(10);
    expect(rules.map(({ text }) => text).join('\n')).not.toMatch(/192\.0\.2\.53|2001:db8::53|NAMESERVER/);
  });
});
