/** An identification as data with a stable shape: `-o json`, described in docs/identify.md. */

import { API_VERSION } from '../../istio/api-version.ts';
import { spansText } from '../../istio/releases/spans-text.ts';
import { printedSettings } from '../../istio/settings/printed-settings.ts';
import { differenceDocument } from '../diff/document.ts';
import type { Report, ReportedAgent } from './report.ts';

/** The document of an identification. Within one apiVersion keys are added, never renamed or removed. */
export function identificationDocument(report: Report): object {
  const { name, outcome, described, comparison, setAside, ambient, agent, native, notObserved } = report;
  return {
    apiVersion: API_VERSION,
    kind: 'Identification',
    source: name,
    outcome,
    answers: described.map(({ releases, plan, nonDefault, switches, facts, differences, sidecar, commands, untraced }) => ({
      releases,
      spans: spansText(releases),
      settings: printedSettings(plan.settings),
      odd: { settings: nonDefault.settings, switches: Object.fromEntries(nonDefault.switches.map((key) => [key, switches[key]])) },
      facts,
      sidecar: sidecar.document,
      unsaid: sidecar.notInYaml,
      commands: commands.map(({ releases: of, ...command }) => ({ spans: spansText(of), ...command })),
      untold: untraced.map(({ key, ...reason }) => ({ setting: key, ...reason })),
      differences: differences.length,
    })),
    ...(comparison === undefined ? {} : { difference: differenceDocument(comparison) }),
    setAside,
    ambient,
    agent: agent.map(agentDocument),
    native,
    notSeen: notObserved,
    unread: report.unread,
  };
}

/** What the node agent made of one backend: releases and knobs, as `preview --ambient --set` takes them. */
function agentDocument({ outcome, where, backend, answers, comparison }: ReportedAgent): object {
  return {
    outcome,
    where,
    backend,
    answers: answers.map(({ releases, knobs, differences }) => ({
      releases,
      spans: spansText(releases),
      knobs,
      differences: differences.length,
    })),
    ...(comparison === undefined ? {} : { difference: differenceDocument(comparison) }),
  };
}
