import { describe, expect, it } from 'vitest';
import { readArguments } from '../../../src/istio/arguments/argument-settings.ts';
import { inject } from '../../../src/istio/kubernetes/injection/inject.ts';
import { wordsOf } from '../../../src/istio/kubernetes/injection/injected.ts';
import { NO_MESH } from '../../../src/istio/kubernetes/mesh/mesh.ts';
import { injectedArguments, injectedSettings } from '../../../src/istio/kubernetes/ordinary-injection.ts';
import { RELEASES } from '../../../src/istio/releases/every-release.ts';
import type { Profile } from '../../../src/istio/releases/profile.ts';
import { profileOf } from '../../../src/istio/releases/profile.ts';
import { printedSettings } from '../../../src/istio/settings/printed-settings.ts';
import { SETTING_KEYS } from '../../../src/istio/settings/settings.ts';
import { CASES } from '../../golden.ts';
import { workload } from './injection/workload.ts';

/** The same by hand, without templates. */
function ordinaryArguments({ has }: Profile): readonly string[] {
  const excluded = [
    ...(has('injectsTelemetryPort') ? ['15090'] : []),
    ...(has('injectsHealthPort') ? ['15021'] : []),
    ...(has('injectsStatusPort') ? ['15020'] : []),
  ];
  const inbound = has('injectsInboundPort') ? ['-z', '15006'] : [];
  const included = has('injectsAllInboundPorts') ? '*' : '';
  return ['-p', '15001', ...inbound, ...'-u 1337 -m REDIRECT -i * -x'.split(' '), '', '-b', included, '-d', excluded.join(',')];
}

/** The releases that pass these arguments, as spans. */
function spansThatPass(words: string): readonly string[] {
  const passes = RELEASES.map((release) => injectedArguments(profileOf(release)).join(' ') === words);
  const starts = RELEASES.filter((_, at) => passes[at] && !passes[at - 1]);
  const ends = RELEASES.filter((_, at) => passes[at] && !passes[at + 1]);
  return starts.map((start, at) => `${start} - ${ends[at]}`);
}

describe('the injector, for a pod without annotations and ports (istio-history 3.2, 3.3),', () => {
  it.each<[string, readonly string[], string]>([
    ['-p 15001 -u 1337 -m REDIRECT -i * -x  -b  -d ', ['1.0.0 - 1.0.9'], 'nothing inbound, no status port'],
    ['-p 15001 -u 1337 -m REDIRECT -i * -x  -b  -d 15020', ['1.1.0 - 1.2.10'], 'nothing inbound, the status port'],
    ['-p 15001 -z 15006 -u 1337 -m REDIRECT -i * -x  -b * -d 15020', ['1.3.0 - 1.4.10'], 'an inbound port of its own'],
    ['-p 15001 -z 15006 -u 1337 -m REDIRECT -i * -x  -b * -d 15090,15020', ['1.5.0 - 1.5.10'], 'the telemetry port'],
    ['-p 15001 -z 15006 -u 1337 -m REDIRECT -i * -x  -b * -d 15090,15021,15020', ['1.6.0 - 1.30.3'], 'the health port'],
  ])('passes %j in %j: %s', (words, spans) => {
    expect(spansThatPass(words)).toEqual(spans);
  });

  it.each([
    ['injected-1.1-no-inbound', '1.1.0'],
    ['injected-1.6', '1.30.3'],
  ])('passes the arguments of the golden case %s in %s', (name, release) => {
    expect(injectedArguments(profileOf(release))).toEqual(CASES.find((golden) => golden.name === name)?.args);
  });

  it('is the injector of all workloads: of an empty one in a mesh of which nothing is said it makes the same, and what is for the log', () => {
    for (const release of RELEASES) {
      const profile = profileOf(release);
      const made = inject(workload(), NO_MESH, profile, 'init');
      const log = profile.has('injectsLogFlags') ? ['--log_output_level=default:info'] : [];
      expect(made.kind === 'arguments' && wordsOf(made.arguments), release).toEqual([...ordinaryArguments(profile), ...log]);
      expect(injectedArguments(profile), release).toEqual(ordinaryArguments(profile));
    }
  });

  it('passes nothing that istio-iptables of its release does not take', () => {
    for (const release of RELEASES) {
      const profile = profileOf(release);
      expect(readArguments(injectedArguments(profile), {}, profile).problems, release).toEqual([]);
    }
  });
});

describe('the settings of an injected pod', () => {
  it('all come from the injection of the release', () => {
    const settings = injectedSettings(profileOf('1.23.4'));
    for (const key of SETTING_KEYS) expect(settings[key].source).toEqual({ kind: 'injected', release: '1.23.4' });
  });

  it('are those that the documentation shows', () => {
    expect(printedSettings(injectedSettings(profileOf('1.23.4')))).toEqual({
      mode: 'REDIRECT',
      proxy: { uids: ['1337'], gids: ['1337'], port: 15001, inboundPort: 15006, tunnelPort: 15008 },
      inbound: { includePorts: '*', excludePorts: [15090, 15021, 15020] },
      outbound: {
        includeRanges: '*',
        excludeRanges: [],
        includePorts: [],
        excludePorts: [],
        ownerGroups: '*',
        excludeOwnerGroups: [],
        loopback: '127.0.0.1/32',
      },
      interfaces: { exclude: [], reroute: [] },
      dns: { capture: 'off' },
      tproxy: { mark: 1337, routeTable: 133 },
      dropInvalid: false,
      dualStack: false,
    });
  });

  it('name the user of the proxy alone, where the program would add root', () => {
    expect(printedSettings(injectedSettings(profileOf('1.4.0')))).toMatchObject({ proxy: { uids: ['1337'], gids: ['1337'] } });
  });

  it('send inbound traffic to the outbound port until 1.2', () => {
    expect(injectedSettings(profileOf('1.2.10'))['proxy.inboundPort'].value).toBe(15001);
    expect(injectedSettings(profileOf('1.3.0'))['proxy.inboundPort'].value).toBe(15006);
  });
});
