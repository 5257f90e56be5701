import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Injection } from '../../../../src/istio/kubernetes/injection/injected.ts';
import { wordsOf } from '../../../../src/istio/kubernetes/injection/injected.ts';
import type { FoundInjection, ImageRelease } from '../../../../src/istio/kubernetes/injection/observed.ts';
import { foundInjection } from '../../../../src/istio/kubernetes/injection/observed.ts';
import { foundArguments } from '../../../../src/istio/kubernetes/injection/observed-arguments.ts';
import type { Container, Workload } from '../../../../src/istio/kubernetes/manifest/workload.ts';
import { NO_MESH } from '../../../../src/istio/kubernetes/mesh/mesh.ts';
import { injectionOf } from '../../../../src/istio/kubernetes/workload-injection.ts';
import { planOfWorkload } from '../../../../src/istio/kubernetes/workload-plan.ts';
import { formatProblem } from '../../../../src/istio/problems.ts';
import { profileOf } from '../../../../src/istio/releases/profile.ts';
import { DEFAULT_POD } from '../../../default-pod.ts';
import { property } from '../../../property.ts';
import type { ContainerWords } from './workload.ts';
import { container, word, workload } from './workload.ts';

const IMAGE = 'docker.io/istio/proxyv2:1.20.3';

function init(given: ContainerWords = {}, name = 'istio-init'): Container {
  return container(name, { image: IMAGE, args: ['istio-iptables', ...DEFAULT_POD], ...given });
}

function found(of: Workload, images: readonly ImageRelease[] = []): FoundInjection {
  const made = foundInjection(of, images);
  if (made === undefined) throw new Error('nothing was found');
  return made;
}

function argumentsOf({ injection }: { readonly injection: Injection }): Extract<Injection, { kind: 'arguments' }> {
  if (injection.kind !== 'arguments') throw new Error(JSON.stringify(injection));
  return injection;
}

const pod = (...initContainers: readonly Container[]): Workload => workload({ initContainers });

describe('in an injected pod', () => {
  it.each<[string, Container]>([
    ['args of 1.6 and later', init()],
    ['a command of 1.4 and 1.5', init({ command: ['istio-iptables', ...DEFAULT_POD], args: [] })],
    ['a command with a path', init({ command: ['/usr/local/bin/pilot-agent'], args: ['istio-iptables', ...DEFAULT_POD] })],
    ['a script without its name', init({ args: DEFAULT_POD, image: 'docker.io/istio/proxy_init:1.3.8' })],
    ['a container of another name', init({}, 'network-setup')],
    ['a native sidecar behind it', init()],
  ])('the real arguments are found: %s', (_, program) => {
    const sidecar = container('istio-proxy', { image: IMAGE, restartPolicy: 'Always' });
    const made = argumentsOf(found(pod(container('first'), program, sidecar)));
    expect(made.installer).toBe('init');
    expect(wordsOf(made.arguments)).toEqual(DEFAULT_POD);
  });

  it('every argument stands where its value does', () => {
    const made = argumentsOf(found(pod(init())));
    expect(made.arguments[0]).toEqual({ flag: '-p', value: '15001', source: word('', 202).source, over: [] });
    expect(made.arguments.at(-1)).toEqual({ flag: '-d', value: '15090,15021,15020', source: word('', 216).source, over: [] });
  });

  it('the environment is that of the container', () => {
    const made = argumentsOf(found(pod(init({ env: { ISTIO_META_DNS_CAPTURE: 'true' } }))));
    expect(made.environment.get('ISTIO_META_DNS_CAPTURE')).toMatchObject({ value: 'true', source: { kind: 'file', file: 'pod.yaml' } });
  });

  it('a variable from elsewhere is told of where the program reads it', () => {
    const names = ['ISTIO_META_DNS_CAPTURE', 'POD_NAME', 'PROXY_UID'];
    expect(found(pod(init({ envFrom: names }))).problems.map(formatProblem)).toEqual([
      'pod.yaml:30:7 warning: ISTIO_META_DNS_CAPTURE gets its value from elsewhere (valueFrom, envFrom), which is not known here; it is assumed not set',
      'pod.yaml:30:7 warning: PROXY_UID gets its value from elsewhere (valueFrom, envFrom), which is not known here; it is assumed not set',
    ]);
  });

  it.each([
    [
      ['*'],
      ['pod.yaml:30:7 warning: variables whose values are not known here may come from elsewhere (envFrom); they are assumed not set'],
    ],
    [
      ['ISTIO_*', 'DB_*'],
      [
        'pod.yaml:30:7 warning: variables that begin with "ISTIO_", whose values are not known here, may come from elsewhere (envFrom); they are assumed not set',
      ],
    ],
    [['DB_*', 'POD_NAME'], []],
    // What env says beats envFrom.
    [['ISTIO_OUTBOUND_IPV4_*'], []],
  ] as const)('so are all of an envFrom, where the program reads one that they may be: %j', (envFrom, said) => {
    const env = { ISTIO_OUTBOUND_IPV4_LOOPBACK_CIDR: '127.0.0.1/32' };
    expect(found(pod(init({ envFrom, env }))).problems.map(formatProblem)).toEqual(said);
  });

  it("flags of the log are pilot-agent's where it runs the program, and the program's from 1.15 on", () => {
    const log = ['--log_output_level=default:info', '--log_as_json', '--log_rotate_max_age', '3'];
    const of = (tag: string, args = [...DEFAULT_POD, ...log]): Workload =>
      pod(init({ image: `istio/proxyv2:${tag}`, args: ['istio-iptables', ...args] }));
    const planned = (workload: Workload): unknown => {
      const made = injectionOf(workload, { mesh: NO_MESH, at: { kind: 'own' }, images: [] });
      return planOfWorkload(made)?.problems;
    };
    for (const tag of ['1.6.14', '1.10.6', '1.12.9', '1.14.6', '1.15.0', '1.23.6']) expect(planned(of(tag)), tag).toEqual([]);
    expect(() => planned(of('1.5.10'))).toThrow(/"--log_output_level" is not a flag of istio-iptables 1\.5\.10/);
    expect(wordsOf(argumentsOf(found(of('1.12.9'))).arguments)).toEqual(DEFAULT_POD);
    expect(wordsOf(argumentsOf(found(of('1.15.0'))).arguments)).toEqual([...DEFAULT_POD, ...log]);
    const words = [...DEFAULT_POD, '--log_output_level', 'debug'];
    expect([planned(of('1.12.9', words)), planned(of('1.20.3', words))]).toEqual([[], []]);
  });

  it.each<[string, readonly string[], string, RegExp]>([
    ['a flag of another release', ['--force-apply'], '1.20.3', /^pod\.yaml:217:7 "--force-apply" is not a flag/],
    ['the second of them', ['--drop-invalid', '--dryrun=true'], '1.20.3', /^pod\.yaml:218:7 "--dryrun" is not a flag/],
    ['a letter', ['-y'], '1.20.3', /^pod\.yaml:217:7 "-y" is not a flag/],
    ['a letter with its value', ['-yfoo'], '1.20.3', /^pod\.yaml:217:7 "-y" is not a flag/],
    ['a flag without a value', ['-o'], '1.20.3', /^pod\.yaml:217:7 -o needs a value/],
    ['a letter of the scripts', ['-y', 'x'], '1.3.8', /^pod\.yaml:217:7 "-y" is not a flag/],
  ])('%s has the place of its word', (_, more, tag, message) => {
    const made = found(pod(init({ image: `istio/proxyv2:${tag}`, args: ['istio-iptables', ...DEFAULT_POD, ...more] })));
    const injection = { workload: workload(), injection: made.injection, release: made.release ?? { value: '', source: word('').source } };
    expect(() => planOfWorkload({ ...injection, found: true, problems: [] })).toThrow(message);
  });

  it('a word that the program ignores has its place as well', () => {
    const made = found(pod(init({ args: ['istio-iptables', ...DEFAULT_POD, 'clean'] })));
    const injection = { workload: workload(), injection: made.injection, release: { value: '1.20.3', source: word('').source } };
    const problems = planOfWorkload({ ...injection, found: true, problems: [] })?.problems ?? [];
    expect(problems.map(formatProblem)).toEqual([expect.stringMatching(/^pod\.yaml:217:7 warning: "clean" is ignored/)]);
  });

  it('the plan of what was found tells the places of the pod', () => {
    const program = init({ args: ['istio-iptables', ...DEFAULT_POD.slice(0, -1), '15090,80a'] });
    const made = found(pod(program));
    const injection = { workload: workload(), injection: made.injection, release: made.release ?? { value: '', source: word('').source } };
    expect(() => planOfWorkload({ ...injection, found: true, problems: [] })).toThrow(/^pod\.yaml:216:7 .*"80a"/);
  });
});

describe('not injected is', () => {
  it.each<[string, Workload]>([
    ['a pod without init containers', workload()],
    ['a pod with init containers of its own', pod(container('migrate', { command: ['sh', '-c', 'iptables -p'] }))],
    ['a pod with a status and no proxy', workload({ annotations: { 'sidecar.istio.io/status': '{}' } })],
    ['a pod whose istio-init only names what the injector is to keep', pod(init({ args: [], env: { ISTIO_INIT_RELEASE: '1.28.0' } }))],
    ['a pod whose istio-validation only names an image', pod(init({ args: [] }, 'istio-validation'))],
    ['a pod with a proxy of its own and no status', workload({ containers: [container('istio-proxy')] })],
  ])('%s', (_, of) => {
    expect(foundInjection(of, [])).toBeUndefined();
  });
});

describe('where the CNI plugin was at work', () => {
  const proxy = container('istio-proxy', {
    image: IMAGE,
    args: ['proxy', 'sidecar'],
    env: { INVALID_DROP: 'true' },
    ids: { user: '2000', group: '3000' },
  });
  const annotations = { 'traffic.sidecar.istio.io/excludeInboundPorts': '9090,15020', 'sidecar.istio.io/status': '{}' };
  const validation = init({ args: ['istio-iptables', ...DEFAULT_POD, '--run-validation', '--skip-rule-apply'] }, 'istio-validation');
  const PLUGIN = '-p 15001 -u 2000 -g 3000 -m REDIRECT -i * -x  -b * -d 9090,15020,15021,15090 -o 15020 --drop-invalid';

  it.each<[string, Workload]>([
    ['the container that validates', workload({ annotations, containers: [proxy], initContainers: [validation] })],
    ['no init container at all', workload({ annotations, containers: [proxy] })],
    ['a native sidecar', workload({ annotations, initContainers: [validation, proxy] })],
    [
      'a renamed container that applies nothing',
      workload({ annotations, containers: [proxy], initContainers: [{ ...validation, name: word('check') }] }),
    ],
  ])('its arguments are those of the annotations: %s', (_, of) => {
    const made = argumentsOf(found(of));
    expect(made.installer).toBe('cni');
    expect(wordsOf(made.arguments).join(' ')).toBe(PLUGIN);
  });

  it('istio-init beside it wins: the plugin leaves such a pod alone', () => {
    const made = argumentsOf(found(workload({ annotations, containers: [proxy], initContainers: [validation, init()] })));
    expect(made.installer).toBe('init');
  });

  it('a gateway has no rules', () => {
    const gateway = container('istio-proxy', { image: IMAGE, args: ['proxy', 'router'] });
    expect(found(workload({ annotations, containers: [gateway] })).injection).toMatchObject({ kind: 'none', reason: 'no sidecar' });
  });

  it('a variable from elsewhere is told of where the plugin reads it', () => {
    const dns = container('istio-proxy', { image: IMAGE, envFrom: ['ISTIO_META_DNS_CAPTURE', 'POD_NAME'] });
    expect(found(workload({ annotations, containers: [dns] })).problems.map(({ args }) => args['name'])).toEqual([
      'ISTIO_META_DNS_CAPTURE',
    ]);
  });
});

describe('the release of an image', () => {
  const releaseOf = (image: string, images: readonly ImageRelease[] = []): string | undefined =>
    found(pod(init({ image })), images).release?.value;

  it.each([
    ['docker.io/istio/proxyv2:1.20.3', '1.20.3'],
    ['proxyv2:1.20.3-distroless', '1.20.3'],
    ['registry.example:5000/istio/proxyv2:1.20.3-debug', '1.20.3'],
    ['registry.example:5000/istio/proxyv2', undefined],
    ['registry.example/asm/proxyv2:1.20.3-asm.17', '1.20.3'],
    ['registry.example/proxyv2:v1.20.3@sha256:0123', '1.20.3'],
    ['registry.example/proxyv2@sha256:0123', undefined],
    ['registry.example/proxyv2:latest', undefined],
    ['registry.example/proxyv2:1.99.0', '1.31.0-rc.0'],
    ['registry.example/proxyv2:2.1.0', undefined],
    ['registry.example/proxyv2-rhel8:2.4.5', undefined],
    ['proxyv2', undefined],
    ['', undefined],
  ])('%j is %j', (image, release) => {
    expect(releaseOf(image)).toBe(release);
  });

  it('an unknown patch is the newest known one, with a warning', () => {
    const made = found(pod(init({ image: 'proxyv2:1.20.99' })));
    expect(made.release).toEqual({ value: '1.20.8', source: word('', 20).source });
    expect(made.problems.map(formatProblem)).toEqual([
      'pod.yaml:20:7 warning: 1.20.99 is not known; 1.20.8, the newest known patch, is used',
    ]);
  });

  it.each([
    ['registry.example/istio-init:0.1.0', '1.19.3', '1.19.3'],
    ['registry.example/istio-init:1.28.0', '1.19.3', '1.19.3'],
    ['registry.example/istio-init@sha256:0123', '1.19', '1.19.10'],
    // No release is named: the newest one, which is another with each version of the program.
    ['registry.example/istio-init:1.28.0', '', '1.28.0'],
    // Does not start. What else is there counts.
    ['registry.example/istio-init:1.28.0', '1.99', '1.28.0'],
    // Istio's own program does not read it.
    ['registry.example/istio/proxyv2:1.20.3', '1.19.3', '1.20.3'],
  ])('%s with ISTIO_INIT_RELEASE=%j is %s', (image, named, release) => {
    const made = found(pod(init({ image, env: { ISTIO_INIT_RELEASE: named } })));
    expect(made.release?.value).toBe(release);
  });

  const DIGEST = 'registry.example:5000/mesh/proxyv2:1.20.3@sha256:ab12';
  it.each([
    ['*/proxyv2@sha256:ab*', false],
    ['*@sha256:ab*', true],
    ['sha256:ab12', true],
    ['sha256:ab', false],
    ['*/proxyv2', true],
    ['*/proxyv2:1.20.*', true],
    [DIGEST, true],
    ['*', true],
    ['*mesh*proxyv2*', true],
    ['mesh*', false],
    ['*mesh*mesh*', false],
    ['registry.example:5000/mesh/proxyv2:1.20.3*1.20.3', false],
    ['', false],
  ])('is told by the pattern %j before the tag: %j', (pattern, wins) => {
    const made = found(pod(init({ image: DIGEST })), [{ pattern, release: '1.11.0' }]);
    expect(made.release?.value).toBe(wins ? '1.11.0' : '1.20.3');
    expect(made.release?.source.kind).toBe(wins ? 'option' : 'file');
  });

  it('is that of the first pattern that matches', () => {
    const images = [
      { pattern: 'other', release: '1.9.0' },
      { pattern: '*proxyv2*', release: '1.10.0' },
      { pattern: '*', release: '1.11.0' },
    ];
    expect(releaseOf('proxyv2:latest', images)).toBe('1.10.0');
  });

  it('is soon told whatever the pattern', () => {
    const started = performance.now();
    releaseOf(`${'a'.repeat(5000)}:latest`, [{ pattern: `${'*a'.repeat(5000)}b`, release: '1.9.0' }]);
    expect(performance.now() - started).toBeLessThan(1000);
  });
});

describe('words', () => {
  it.each<[string, readonly string[], readonly object[]]>([
    [
      '1.23.4',
      ['--run-validation', '--log_output_level=default:info'],
      [{ flag: '--run-validation' }, { flag: '--log_output_level', value: 'default:info', joined: true }],
    ],
    [
      '1.23.4',
      ['--istio-service-cidr', '*', '-d80', 'odd'],
      [{ flag: '--istio-service-cidr', value: '*' }, { flag: '-d80' }, { flag: 'odd' }],
    ],
    ['1.23.4', ['-d', '-u', '-x'], [{ flag: '-d', value: '-u' }, { flag: '-x' }]],
    ['1.23.4', ['-n', '-d', ''], [{ flag: '-n' }, { flag: '-d', value: '' }]],
    ['1.23.4', ['-t', '1', '--nothing', 'x'], [{ flag: '-t', value: '1' }, { flag: '--nothing' }, { flag: 'x' }]],
    [
      '1.3.8',
      ['-t', '-d', '80', '--proxy-uid', '1'],
      [{ flag: '-t' }, { flag: '-d', value: '80' }, { flag: '--proxy-uid' }, { flag: '1' }],
    ],
  ])('of %s %j are %j', (release, words, args) => {
    const split = foundArguments(
      words.map((text, index) => word(text, index)),
      profileOf(release),
    );
    expect(split).toEqual(args.map((argument) => ({ ...argument, source: expect.anything(), over: [] })));
  });

  const release = fc.constantFrom('1.0.0', '1.3.8', '1.5.0', '1.11.0', '1.23.4', '1.30.3');
  const oneWord = fc.oneof(
    fc.string(),
    fc.constantFrom(
      '-p',
      '-d',
      '-t',
      '-c',
      '-n',
      '--',
      '-',
      '',
      '--proxy-uid',
      '--dry-run',
      '--dry-run=false',
      '--a=b=c',
      '-d=80',
      '15001',
      '*',
    ),
  );
  property([release, fc.array(oneWord, { maxLength: 12 })], { numRuns: 500 })('found in a pod are never lost', (at, words) => {
    const image = `proxyv2:${at}`;
    const program = container('istio-init', { image, command: ['istio-iptables'], args: words });
    const { injection } = found(pod(program));
    if (injection.kind === 'arguments' && injection.installer === 'init') expect(wordsOf(injection.arguments)).toEqual(words);
    else expect(words.some((text) => text.startsWith('--skip-rule-apply'))).toBe(true);
  });
});
