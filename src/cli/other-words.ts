/** What people type who know other programs: the command, or the option, that they mean here. */

/** Commands by the words that other programs have for them. */
export const OTHER_COMMANDS: Readonly<Record<string, string>> = {
  install: 'apply',
  uninstall: 'clean',
  cleanup: 'clean',
  remove: 'clean',
  delete: 'clean',
  status: 'check',
  validate: 'check',
  verify: 'check',
  doctor: 'check',
  render: 'preview',
  template: 'preview',
  generate: 'preview',
  show: 'preview',
  list: 'preview -o list',
  describe: 'explain',
  compare: 'diff',
  simulate: 'trace',
  scan: 'lint',
  serve: 'explorer',
};

/** Options by the words that other programs have for them; each where the command has the first word of it. */
export const OTHER_OPTIONS: Readonly<Record<string, string>> = {
  json: '--output json',
  yaml: '--output yaml',
  format: '--output',
  file: '--filename',
  strict: '--fail-on note',
  quiet: '--fail-on never',
  ns: '--namespace',
  'kube-context': '--context',
  version: '--release',
  revision: '--release',
};
