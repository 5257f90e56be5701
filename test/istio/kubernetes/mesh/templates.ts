/** Injection templates as releases have them, as far as istio-init goes: made of what each release asks for. */

const TRAFFIC = 'traffic.sidecar.istio.io';

interface Look {
  readonly open: string;
  readonly close: string;
  /** The template's lines of arguments. */
  readonly args: readonly string[];
  readonly cni?: string;
  readonly env: boolean;
  readonly command?: true;
}

function annotation(key: string, otherwise: string): string {
  return `annotation .ObjectMeta \`${key}\` ${otherwise}`;
}

function value(name: string): string {
  return `.Values.global.proxy.${name}`;
}

const MODE = annotation('sidecar.istio.io/interceptionMode', '.ProxyConfig.InterceptionMode');
const EXCLUDED = `excludeInboundPort (${annotation('status.sidecar.istio.io/port', value('statusPort'))}) (${annotation(`${TRAFFIC}/excludeInboundPorts`, value('excludeInboundPorts'))})`;

function flag(name: string, text: string): readonly string[] {
  return [`- "${name}"`, `- ${text}`];
}

function asked(name: string, key: string, otherwise: string): readonly string[] {
  return flag(name, `"{{ ${annotation(`${TRAFFIC}/${key}`, otherwise)} }}"`);
}

function onlyIf(condition: string, lines: readonly string[]): readonly string[] {
  return [`{{ if ${condition} -}}`, ...lines, '{{ end -}}'];
}

function present(key: string): string {
  return `(isset .ObjectMeta.Annotations \`${key}\`)`;
}

function indexed(name: string, key: string): readonly string[] {
  return onlyIf(present(key), flag(name, `"{{ index .ObjectMeta.Annotations \`${key}\` }}"`));
}

function outbound(name: string, key: string): readonly string[] {
  return onlyIf(`or ${present(`${TRAFFIC}/${key}`)} (ne (valueOrDefault ${value(key)} "") "")`, asked(name, key, value(key)));
}

const RANGES = [
  ...asked('-i', 'includeOutboundIPRanges', value('includeIPRanges')),
  ...asked('-x', 'excludeOutboundIPRanges', value('excludeIPRanges')),
];
const HEAD = [...flag('-p', '"15001"'), ...flag('-z', '"15006"'), ...flag('-u', '1337'), ...flag('-m', `"{{ ${MODE} }}"`)];

const LOOKS: Readonly<Record<string, Look>> = {
  '1.1': {
    open: '[[',
    close: ']]',
    args: [
      ...flag('-p', '[[ .MeshConfig.ProxyListenPort ]]'),
      ...flag('-u', '1337'),
      ...flag('-m', `[[ ${MODE} ]]`),
      ...flag('-i', `"[[ ${annotation(`${TRAFFIC}/includeOutboundIPRanges`, ' "10.0.0.0/8" ')} ]]"`),
      ...flag('-x', `"[[ ${annotation(`${TRAFFIC}/excludeOutboundIPRanges`, ' "" ')} ]]"`),
      ...flag('-b', `"[[ ${annotation(`${TRAFFIC}/includeInboundPorts`, '(includeInboundPorts .Spec.Containers)')} ]]"`),
      ...flag(
        '-d',
        `"[[ excludeInboundPort (${annotation('status.sidecar.istio.io/port', ' 15020 ')}) (${annotation(`${TRAFFIC}/excludeInboundPorts`, ' "9090" ')}) ]]"`,
      ),
      '[[ if (isset .ObjectMeta.Annotations `traffic.sidecar.istio.io/kubevirtInterfaces`) -]]',
      ...flag('-k', '"[[ index .ObjectMeta.Annotations `traffic.sidecar.istio.io/kubevirtInterfaces` ]]"'),
      '[[ end -]]',
    ],
    env: false,
  },
  '1.5': {
    open: '{{',
    close: '}}',
    args: [
      '- istio-iptables',
      ...HEAD,
      ...RANGES,
      ...asked('-b', 'includeInboundPorts', '`*`'),
      ...flag('-d', `"15090,{{ ${EXCLUDED} }}"`),
      ...outbound('-o', 'excludeOutboundPorts'),
      ...indexed('-k', `${TRAFFIC}/kubevirtInterfaces`),
    ],
    cni: '.Values.istio_cni.enabled',
    env: false,
    command: true,
  },
  '1.6': {
    open: '{{',
    close: '}}',
    args: [
      '- istio-iptables',
      ...HEAD,
      ...RANGES,
      ...asked('-b', 'includeInboundPorts', '`*`'),
      ...flag('-d', `"15090,15021,{{ ${EXCLUDED} }}"`),
      ...outbound('-o', 'excludeOutboundPorts'),
      ...indexed('-k', `${TRAFFIC}/kubevirtInterfaces`),
    ],
    cni: '.Values.istio_cni.enabled',
    env: true,
  },
  '1.12': {
    open: '{{',
    close: '}}',
    args: [
      '- istio-iptables',
      ...flag('-p', '{{ .MeshConfig.ProxyListenPort | default "15001" | quote }}'),
      ...HEAD.slice(2),
      ...RANGES,
      ...asked('-b', 'includeInboundPorts', value('includeInboundPorts')),
      '- "-d"',
      `{{- if ${EXCLUDED} }}`,
      `- "15090,15021,{{ ${EXCLUDED} }}"`,
      '{{- else }}',
      '- "15090,15021"',
      '{{- end }}',
      ...outbound('-q', 'includeOutboundPorts'),
      ...outbound('-o', 'excludeOutboundPorts'),
      ...indexed('-k', `${TRAFFIC}/kubevirtInterfaces`),
    ],
    cni: '.Values.istio_cni.enabled',
    env: true,
  },
  '1.28': {
    open: '{{',
    close: '}}',
    args: [
      '- istio-iptables',
      ...flag('-p', '{{ .MeshConfig.ProxyListenPort | default "15001" | quote }}'),
      ...flag('-z', '{{ .MeshConfig.ProxyInboundListenPort | default "15006" | quote }}'),
      ...flag('-u', '{{ if $tproxy }} "1337" {{ else }} {{ .ProxyUID | default "1337" | quote }} {{ end }}'),
      ...HEAD.slice(6),
      ...RANGES,
      ...asked('-b', 'includeInboundPorts', value('includeInboundPorts')),
      '- "-d"',
      `{{- if ${EXCLUDED} }}`,
      `- "15090,15021,{{ ${EXCLUDED} }}"`,
      '{{- else }}',
      '- "15090,15021"',
      '{{- end }}',
      ...outbound('-q', 'includeOutboundPorts'),
      ...outbound('-o', 'excludeOutboundPorts'),
      `{{ if ${present('istio.io/reroute-virtual-interfaces')} -}}`,
      ...flag('-k', '"{{ index .ObjectMeta.Annotations `istio.io/reroute-virtual-interfaces` }}"'),
      `{{ else if ${present(`${TRAFFIC}/kubevirtInterfaces`)} -}}`,
      ...flag('-k', `"{{ index .ObjectMeta.Annotations \`${TRAFFIC}/kubevirtInterfaces\` }}"`),
      '{{ end -}}',
      ...indexed('-c', `${TRAFFIC}/excludeInterfaces`),
      `- "--log_output_level={{ ${annotation('sidecar.istio.io/agentLogLevel', '.Values.global.logging.level')} }}"`,
      ...onlyIf('.Values.global.logAsJson', ['- "--log_as_json"']),
      '{{ if .Values.pilot.cni.enabled -}}',
      '- "--run-validation"',
      '- "--skip-rule-apply"',
      '{{ else if .Values.global.proxy_init.forceApplyIptables -}}',
      '- "--force-apply"',
      '{{ end -}}',
      ...onlyIf('.Values.global.nativeNftables', ['- "--native-nftables"']),
    ],
    cni: '.Values.pilot.cni.enabled',
    env: true,
  },
};

export const TEMPLATE_RELEASES: readonly string[] = Object.keys(LOOKS);

/** The template of a release, with what stands around istio-init cut down to what could be mistaken for a part of it. */
export function templateOf(release: string): string {
  const { open, close, args, cni, env, command } = LOOKS[release] as Look;
  const action = (text: string): string => `${open} ${text} ${close}`;
  return [
    'initContainers:',
    action(`if ne (${MODE}) \`NONE\``),
    ...(cni === undefined
      ? ['- name: istio-init']
      : [action(`if ${cni} -`), '- name: istio-validation', action('else -'), '- name: istio-init', action('end -')]),
    '  image: "proxyv2"',
    command ? '  command:' : '  args:',
    ...args.map((line) => `  ${line}`),
    env ? `  ${action('with .Values.global.imagePullPolicy')}imagePullPolicy: "{{.}}"${action('end')}` : '  imagePullPolicy: IfNotPresent',
    ...(env
      ? [
          '  env:',
          `  {{- range $key, $value := .ProxyConfig.ProxyMetadata }}`,
          '  - name: {{ $key }}',
          '    value: "{{ $value }}"',
          '  {{- end }}',
        ]
      : []),
    '  securityContext:',
    '    capabilities:',
    '      add:',
    '      - NET_ADMIN',
    '      - NET_RAW',
    '    runAsUser: 0',
    action('end -'),
    '- name: enable-core-dump',
    '  args:',
    '  - -c',
    '  - ulimit -c unlimited',
    'containers:',
    '- name: istio-proxy',
    '  args:',
    '  - proxy',
    '  - --domain',
    '  env:',
    '  - name: POD_NAME',
    '',
  ].join('\n');
}
