/** What a release's injector passes to istio-iptables. */

import { readArguments } from './argument-settings.ts';
import type { Profile } from './releases/profile.ts';
import type { Settings } from './settings.ts';
import { SETTING_KEYS } from './settings.ts';

/** The arguments for a pod without annotations that declares no ports, in the injector's order. */
export function injectedArguments({ has }: Profile): readonly string[] {
  const excluded = [
    ...(has('injectsTelemetryPort') ? ['15090'] : []),
    ...(has('injectsHealthPort') ? ['15021'] : []),
    ...(has('injectsStatusPort') ? ['15020'] : []),
  ];
  return [
    ...['-p', '15001'],
    ...(has('injectsInboundPort') ? ['-z', '15006'] : []),
    ...['-u', '1337', '-m', 'REDIRECT', '-i', '*', '-x', ''],
    ...['-b', has('injectsAllInboundPorts') ? '*' : ''],
    ...['-d', excluded.join(',')],
  ];
}

/** The settings of such a pod: what stands wherever a sidecar file says nothing. */
export function injectedSettings(profile: Profile): Settings {
  const { settings } = readArguments(injectedArguments(profile), {}, profile);
  const source = { kind: 'injected', release: profile.release } as const;
  return Object.fromEntries(SETTING_KEYS.map((key) => [key, { value: settings[key].value, source }])) as unknown as Settings;
}
