import { describe, expect, it } from 'vitest';
import { printedVariables, settingsOfVariables, variableTexts } from '../../../src/istio/arguments/printed-variables.ts';
import { identify } from '../../../src/istio/found/identify.ts';
import { planFromArguments } from '../../../src/istio/plan/plan-from-arguments.ts';
import { profileOf } from '../../../src/istio/releases/profile.ts';
import { valuesOf } from '../../../src/istio/settings/settings.ts';
import { observeAll } from '../../../src/netfilter/observation.ts';

const OLD = `Environment:
------------
ENVOY_PORT=
ISTIO_LOCAL_EXCLUDE_PORTS=7777

Variables:
----------
PROXY_PORT=15001
PROXY_UID=1337,0
INBOUND_INTERCEPTION_MODE=TPROXY
INBOUND_TPROXY_MARK=1400
INBOUND_PORTS_INCLUDE=8080,
INBOUND_PORTS_EXCLUDE=
OUTBOUND_IP_RANGES_INCLUDE=*

+ iptables -t nat -N ISTIO_REDIRECT
INBOUND_PORTS_EXCLUDE=9999
`;

const JSON_LINE = `${JSON.stringify({
  level: 'info',
  msg: 'Istio config:\nPROXY_PORT=15001\nINBOUND_INTERCEPTION_MODE=REDIRECT\nOUTBOUND_OWNER_GROUPS_INCLUDE=java,202\nDNS_CAPTURE=true\nCAPTURE_ALL_DNS=false\n',
})}\n`;

describe('the settings that a log prints', () => {
  it('are those of its block of variables, not of the environment above it, nor of what stands below', () => {
    const variables = printedVariables(OLD);
    expect(variables?.get('INBOUND_PORTS_EXCLUDE')).toBe('');
    expect(variables?.has('ENVOY_PORT')).toBe(false);
    expect(settingsOfVariables(variables ?? new Map(), profileOf('1.4.0'))).toMatchObject({
      mode: 'TPROXY',
      'proxy.uids': [
        { first: 1337, last: 1337 },
        { first: 0, last: 0 },
      ],
      'inbound.includePorts': [{ first: 8080, last: 8080 }],
    });
  });

  it('are read from a line of JSON, and under a time and a level', () => {
    const logged = JSON.parse(JSON_LINE).msg.replace('Istio config:', '2022-11-25T05:06:47.532188Z\tinfo\tIstio iptables variables:');
    for (const text of [JSON_LINE, logged])
      expect(settingsOfVariables(printedVariables(text) ?? new Map(), profileOf('1.24.0'))).toMatchObject({
        'dns.capture': 'servers',
        'outbound.ownerGroups': [{ name: 'java' }, { first: 202, last: 202 }],
      });
    expect(variableTexts(printedVariables(JSON_LINE) ?? new Map())).toContain('DNS_CAPTURE=true');
  });

  it('are not known where two runs were told different things', () => {
    expect(printedVariables(JSON_LINE + JSON_LINE)?.size).toBe(5);
    expect(printedVariables(JSON_LINE + JSON_LINE.replace('15001', '15002'))).toBeUndefined();
  });

  it('are as far as a release has them, and none where it refuses a value', () => {
    expect(settingsOfVariables(new Map([['OUTBOUND_PORTS_INCLUDE', '443']]), profileOf('1.2.0'))).toEqual({});
    expect(settingsOfVariables(new Map([['PROXY_PORT', 'x']]), profileOf('1.24.0'))).toBeUndefined();
  });

  // A mark has no trace in rules that capture without TPROXY, nor an excluded port where a list of ports is included.
  it('tell identify what leaves no trace in rules', () => {
    const seen = observeAll(planFromArguments(['-b', '8080', '-d', '9100', '-u', '1337', '-i', '*'], { release: '1.24.0' }));
    const values = (variables?: ReadonlyMap<string, string>) => {
      const found = identify(variables === undefined ? seen : { ...seen, variables });
      expect(found.outcome).toBe('exact');
      return valuesOf(found.answers[0]?.plan.settings as Parameters<typeof valuesOf>[0]);
    };
    const told = new Map([
      ['INBOUND_PORTS_INCLUDE', '8080'],
      ['INBOUND_PORTS_EXCLUDE', '9100'],
    ]);
    expect(values()['inbound.excludePorts']).not.toEqual([{ first: 9100, last: 9100 }]);
    expect(values(told)['inbound.excludePorts']).toEqual([{ first: 9100, last: 9100 }]);
  });

  it('are not believed where the rules are others', () => {
    const seen = observeAll(planFromArguments(['-b', '*', '-d', '9100', '-i', '*'], { release: '1.24.0' }));
    const found = identify({ ...seen, variables: new Map([['INBOUND_PORTS_EXCLUDE', '9200']]) });
    expect(found.outcome).toBe('exact');
    expect(found.answers[0]?.plan.settings['inbound.excludePorts'].value).toEqual([{ first: 9100, last: 9100 }]);
  });
});
