/** What a release's injector passes to istio-iptables for a default pod. */

import { readArguments } from '../arguments/argument-settings.ts';
import type { Profile } from '../releases/profile.ts';
import type { Settings } from '../settings/settings.ts';
import { SETTING_KEYS } from '../settings/settings.ts';
import { wordsOf } from './injection/injected.ts';
import { PROXY_ID } from './injection/proxy-user.ts';
import { templateArguments } from './injection/template.ts';
import { injectedText } from './injection/template-data.ts';
import { NO_MESH } from './mesh/mesh.ts';

/**
 * The arguments for a pod without annotations that declares no ports, in the injector's order.
 * What they say of the log is left out: no rule comes of it, and no setting.
 */
export function injectedArguments(profile: Profile): readonly string[] {
  const id = injectedText(PROXY_ID, profile);
  const data = { profile, annotations: new Map(), containers: [], mesh: NO_MESH, proxyUser: id, proxyGroup: id };
  return wordsOf(templateArguments(data).filter(({ joined }) => joined !== true));
}

/** What the settings of such a pod are called, wherever they are printed. */
export const INJECTED_DEFAULTS = "the injector's defaults";

/** The settings of such a pod: what stands wherever a sidecar file says nothing. */
export function injectedSettings(profile: Profile): Settings {
  const { settings } = readArguments(injectedArguments(profile), {}, profile);
  const source = { kind: 'injected', release: profile.release } as const;
  return Object.fromEntries(SETTING_KEYS.map((key) => [key, { value: settings[key].value, source }])) as unknown as Settings;
}
