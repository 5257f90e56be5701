/**
 * The signs by which a failed program's cause is told, in a log as where it was just run. One symptom has many causes:
 * "unable to initialize table 'nat'" is printed for a missing module, for no NET_ADMIN and for no NET_RAW alike
 * (measured), so the rights of the process decide between them where they are known; of a log they are not.
 */

/** What is known of the process that failed. */
export interface KnownRights {
  /** Undefined where nobody says. */
  readonly has: (capability: 'NET_ADMIN' | 'NET_RAW') => boolean | undefined;
  /** Names of loaded modules; undefined where the kernel does not say (it may have everything built in). */
  readonly modules: ReadonlySet<string> | undefined;
}

export type Cause =
  | 'program-missing'
  | 'not-executable'
  | 'may-not-execute'
  | 'library-missing'
  | 'deadline'
  | 'killed'
  | 'few-handles'
  | 'no-net-admin'
  | 'no-net-raw'
  | 'no-rights'
  | 'not-permitted'
  | 'lock-held'
  | 'lock-file'
  | 'read-only'
  | 'no-ip6'
  | 'table-closed'
  | 'kernel-support'
  | 'extension-missing'
  | 'old-iptables'
  | 'part-missing'
  | 'sysctl'
  | 'gone'
  | 'not-taken'
  | 'chain-exists'
  | 'incompatible'
  | 'too-many-ports'
  | 'bad-value'
  | 'bad-flag'
  | 'bad-name'
  | 'busy'
  | 'memory'
  | 'few-processes'
  | 'disk-full'
  | 'file-rights'
  | 'no-device'
  | 'refused'
  | 'unreadable'
  | 'no-address'
  | 'no-nameserver'
  | 'not-validated'
  | 'leftovers'
  | 'crashed'
  | 'plugin-missing'
  | 'agent-away'
  | 'plugin-rights'
  | 'plugin-timeout'
  | 'plugin-program'
  | 'no-ztunnel'
  | 'node-nft'
  | 'node-connmark'
  | 'nft-order'
  | 'namespace'
  | 'run-as-root'
  | 'policy'
  | 'image'
  | 'restarts'
  | 'evicted'
  | 'no-sandbox'
  | 'container-config'
  | 'not-started'
  | 'not-injected'
  | 'port-taken'
  | 'node'
  | 'drift'
  | 'not-verified'
  | 'unknown';

/** What a program left when it ended. */
export interface Ended {
  readonly notFound: boolean;
  readonly timedOut: boolean;
  readonly signal: string | null;
  readonly exitCode: number | null;
  readonly stderr: string;
}

/** The cause of a failure; `line` is the line of the input that the program named. */
export function causeOf(ended: Ended, rights: KnownRights, line: string): Cause {
  if (ended.notFound) return 'program-missing';
  if (ended.timedOut) return 'deadline';
  if (ended.signal !== null) return 'killed';
  for (const { pattern, means, whereRun = means } of FAILURE_SIGNS) {
    if (pattern.test(ended.stderr)) return typeof whereRun === 'string' ? whereRun : whereRun(rights, line);
  }
  return ended.exitCode === 2 ? 'unreadable' : 'unknown';
}

type Meaning = Cause | ((rights: KnownRights, line: string) => Cause);

const forbidden: Meaning = ({ has }) => {
  const admin = has('NET_ADMIN');
  return admin === undefined ? 'no-rights' : admin ? 'not-permitted' : 'no-net-admin';
};

const forbiddenHere: Meaning = ({ has }) => (has('NET_ADMIN') === false ? 'no-net-admin' : 'not-permitted');

const uninitialised: Meaning = ({ has }) => {
  if (has('NET_ADMIN') === false) return 'no-net-admin';
  return has('NET_RAW') === false ? 'no-net-raw' : has('NET_RAW') === undefined ? 'table-closed' : 'kernel-support';
};

const uninitialisedHere: Meaning = ({ has }) => {
  if (has('NET_ADMIN') === false) return 'no-net-admin';
  return has('NET_RAW') === false ? 'no-net-raw' : 'kernel-support';
};

// Legacy gives a line and no reason. A removal fails when what it removes is gone, a chain that is made where it is there
// already; the rest is the kernel's no.
const withoutReason: Meaning = (_, line) => (/^-[DX] /.test(line) ? 'gone' : 'refused');
const withoutReasonIn: Meaning = (_, line) => (/^-N /.test(line) ? 'chain-exists' : /^-[DX] /.test(line) ? 'gone' : 'refused');

// Istio makes its chains before it jumps to them: what a rule that is added lacks is its match or target.
const missingPart: Meaning = (_, line) => (/(?:^|\s)-[DXFRE] /.test(line) ? 'gone' : 'part-missing');
const missingPartHere: Meaning = (_, line) => (/^-[AI] .*(?: -m | -j [A-Z]{2,}(?:\s|$))/.test(line) ? 'part-missing' : 'gone');

/** A message, and what it means. */
export interface FailureSign {
  readonly pattern: RegExp;
  readonly means: Meaning;
  /** What it means to a program of ours, which never makes a chain that is there; as `means` where it is left out. */
  readonly whereRun?: Meaning;
  /** Who says it, since when. */
  readonly since: string;
}

/** In the order in which they are looked for: the narrower sign first. */
export const FAILURE_SIGNS: readonly FailureSign[] = [
  { pattern: /EMFILE|ENFILE|[Tt]oo many open files/, means: 'few-handles', since: 'the kernel' },
  {
    pattern:
      /(?:^|[\s(])nsenter: (?!failed to execute)|unknown FS magic on|failed to (?:open|enter) netns|setns.{0,40}(?:failed|not permitted)/m,
    means: 'namespace',
    since: 'util-linux; the CNI plugin',
  },
  { pattern: /can't open lock file/i, means: 'lock-file', since: 'iptables 1.8.0' },
  { pattern: /xtables\.lock: (?:Permission denied|Read-only)/, means: 'lock-file', since: 'iptables 1.4.20' },
  {
    pattern: /Another app is currently holding the xtables lock; (?:still|waiting)|waiting for it to exit/,
    means: 'lock-held',
    since: 'iptables 1.6.0, which goes on waiting',
  },
  { pattern: /xtables lock|Can't lock /i, means: 'lock-held', since: 'iptables 1.4.20' },
  {
    pattern: /cmdAdd.{0,300}(?:unable to|cannot|failed to) find .{0,20}\bnft\b|nft["']?: executable file not found|exec: "nft"/,
    means: 'node-nft',
    since: 'native nftables of the CNI plugin',
  },
  {
    pattern: /[Ee]xtension connmark|match `?connmark'?.{0,40}not|CONNMARK.{0,60}(?:missing kernel module|not supported)/,
    means: 'node-connmark',
    since: 'iptables 1.8; ambient mode',
  },
  {
    pattern: /insert rule inet istio-proxy-\S+ \S+ index|nftables run failed.{0,300}No such file or directory/,
    means: 'nft-order',
    since: 'native nftables',
  },
  { pattern: /missing kernel module/, means: 'kernel-support', since: 'iptables 1.8' },
  {
    pattern:
      /error while loading shared libraries|symbol lookup error|version [`'"]?\w{1,20}_[\d.]{1,10}[`'"]? not found|Error (?:loading shared library|relocating)|cannot execute: required file not found/,
    means: 'library-missing',
    since: 'the dynamic linker',
  },
  // As the errno of a rule it is the kernel's word for a set or a table that is full.
  { pattern: /(?<!failed \()no space left on device/i, means: 'disk-full', since: 'the kernel' },
  {
    pattern: /avc: +denied +\{ module_request \}.{0,300}comm="(?:ip6?tables|xtables|nft)/,
    means: 'kernel-support',
    since: 'SELinux',
  },
  {
    pattern:
      /(?:apparmor="DENIED"|avc: +denied|type=(?:1326|SECCOMP)).{0,400}(?:comm|exe)="\S{0,80}(?:ip6?tables|xtables|nft|pilot-agent|istio)|Bad system call|signal: bad system call|(?:pthread_create failed: Operation not permitted|failed to create new OS thread.{0,60}errno=1\))/,
    means: 'not-permitted',
    since: 'AppArmor, SELinux, seccomp: EPERM of a new thread is of its profile, EAGAIN of a limit',
  },
  {
    pattern:
      /sysctl.{0,200}(?:[Rr]ead-only|denied|not permitted)|\/proc\/sys\/(?!net\/ipv6)\S{1,100}: (?:[Rr]ead-only|[Pp]ermission denied)/,
    means: 'sysctl',
    since: 'procps, busybox, container runtimes',
  },
  {
    pattern:
      /IPv6 is disabled on this device|\/proc\/sys\/net\/ipv6\S{0,100}: no such file|RTNETLINK answers: Permission denied|[Ff]ailed to add IPv6 address.{0,80}permission denied/,
    means: 'no-ip6',
    since: 'iproute2; netlink in Go: EACCES is of disable_ipv6, a missing right is EPERM',
  },
  {
    pattern: /Cannot find device|can't find device|RTNETLINK answers: No such device|Link not found/,
    means: 'no-device',
    since: 'iproute2; netlink in Go',
  },
  {
    pattern:
      /Address family not supported|can't initialize ip6tables table|ip6tables.{0,80}(?:Table does not exist|Protocol not supported)/,
    means: 'no-ip6',
    since: 'iptables 1.4',
  },
  {
    pattern:
      /(?:can't initialize ip6?tables table|unable to initialize table).{0,80}(?:you must be root|Permission denied)|getsockopt failed strangely: Operation not permitted/i,
    means: forbidden,
    whereRun: forbiddenHere,
    since: 'iptables 1.4',
  },
  {
    pattern: /(?:do you need to insmod|Module ip6?_tables not found|modprobe: (?:FATAL|ERROR|can't))/,
    means: 'kernel-support',
    since: 'iptables 1.4',
  },
  {
    pattern: /unable to initialize table|can't initialize ip6?tables table/i,
    means: uninitialised,
    whereRun: uninitialisedHere,
    since: 'iptables 1.4',
  },
  {
    pattern: /Could not fetch rule set generation id: (?!Permission|Operation not p)/,
    means: 'kernel-support',
    since: 'iptables 1.8 (nf_tables)',
  },
  {
    pattern:
      /Failed to initialize nft(?!: (?:Operation not p|Permission))|cache initialization failed(?!: Operation not permitted)|Unable to initialize (?:Netlink|nftables) socket(?!: (?:Operation not p|Permission))/,
    means: 'kernel-support',
    since: 'iptables 1.8 (nf_tables), nft',
  },
  {
    pattern:
      /you must be root|RTNETLINK answers: Operation not permitted|netlink: Error: cache initialization failed|iptables.{0,60}Operation not permitted/,
    means: forbidden,
    whereRun: forbiddenHere,
    since: 'iptables 1.4, iproute2, nft',
  },
  { pattern: /Read-only file system|read-only file system/, means: 'read-only', since: 'any' },
  {
    pattern:
      /pthread_create failed|(?:fork\/exec|fork:|clone).{0,120}[Rr]esource temporarily unavailable|failed to create new OS thread|newosproc/,
    means: 'few-processes',
    since: 'Go; shells; the kernel, by its limit of processes',
  },
  {
    pattern:
      /cannot allocate memory|[Oo]ut of memory|OOMKilled|Memory cgroup out of memory|signal: killed|Memory allocation problem|malloc failed|OOM[ -]killer|oom-kill|^(?:.{0,120}: line \d+: +\d+ )?Killed\b|[\s:|"'`=]Killed["'`}\]]*$/,
    means: 'memory',
    since: 'Go; the kernel',
  },
  {
    pattern:
      /exec format error|cannot execute binary file|qemu-\w{1,20}: Could not open|rosetta error|CPU does not support x86-64-v|can only be run on \S{1,20} processors|: \d{1,6}: Syntax error: /i,
    means: 'not-executable',
    since: 'the kernel, shells, emulators of another processor',
  },
  {
    pattern:
      /(?:^|\s)exec \S+: (?:permission denied|operation not permitted)|fork\/exec \S+: permission denied|exec user process caused:? "?permission denied|\.sh: Permission denied|^\S{0,40}sh: (?:line \d{1,6}: )?\/\S{1,200}: Permission denied|exec: "[^"]{1,80}": permission denied/,
    means: 'may-not-execute',
    since: 'the kernel, container runtimes',
  },
  { pattern: /\bopen \/(?:tmp|run|var|dev\/shm)\S*: permission denied|\/run\S*: permission denied/, means: 'file-rights', since: 'Go' },
  {
    pattern: /iptables binary .{0,60}not found|(?:could not|unable to|cannot|failed to) (?:find|detect).{0,40}iptables/i,
    means: 'program-missing',
    since: 'Istio, since it looks for one',
  },
  {
    pattern:
      /(?:istio-iptables|pilot-agent)["']?: (?:executable file not found|no such file|(?:command )?not found)|exec: "(?:istio-iptables|pilot-agent)|exec user process caused:? "?no such file/,
    means: 'image',
    since: 'container runtimes',
  },
  {
    pattern:
      /executable file not found in \$PATH|(?:ip6?tables|nft|\bip|nsenter)\S{0,20}: (?:(?:command )?not found|No such file or directory\s*$)|fork\/exec \S+: no such file|nsenter: failed to execute/m,
    means: 'program-missing',
    since: 'Go; shells',
  },
  { pattern: /[Oo]peration not permitted|[Pp]ermission denied/, means: forbidden, whereRun: forbiddenHere, since: 'the kernel' },
  { pattern: /is incompatible, use 'nft' tool|Parsing nftables rule failed/, means: 'incompatible', since: 'iptables 1.8 (nf_tables)' },
  { pattern: /too many ports|Too many ports/, means: 'too-many-ports', since: 'iptables 1.4: multiport takes 15' },
  {
    pattern:
      /option ["'`]?(?:-w|--wait|--noflush|--random-fully)\b|unrecognized option ['"`]?-?-(?:w\b|wait|noflush)|invalid option -- '?w/,
    means: 'old-iptables',
    since: 'iptables before 1.4.20 (-w) or 1.6.2 (restore -w)',
  },
  {
    pattern: /unknown option ["'`]?--|[Uu]nknown arg(?:ument)? ["'`]?--|unrecognized option ["'`]?--(?!noflush)/,
    means: 'extension-missing',
    whereRun: 'unreadable',
    since: 'iptables 1.4',
  },
  {
    pattern: /Couldn't load (?:match|target) [`'"](?!ISTIO_)|Couldn't find (?:match|target) [`'"](?!ISTIO_)/,
    means: 'extension-missing',
    since: 'iptables 1.4',
  },
  { pattern: /Couldn't load target [`'"]ISTIO_/, means: 'gone', since: 'iptables 1.4' },
  {
    pattern: /Chain already exists|CHAIN_(?:USER_)?ADD failed(?! \((?!File exists))|chain .{0,40}already exists/i,
    means: 'chain-exists',
    whereRun: 'gone',
    since: 'iptables 1.4',
  },
  { pattern: /RTNETLINK answers: File exists/, means: 'chain-exists', whereRun: 'gone', since: 'iproute2' },
  {
    pattern: /reconcile is recommended but no-reconcile flag is set|found (?:existing|residual?) iptables/i,
    means: 'leftovers',
    since: 'Istio, with its --reconcile',
  },
  {
    pattern: /No chain\/target\/match by that name/,
    means: missingPart,
    whereRun: missingPartHere,
    since: 'iptables 1.4: one errno, ENOENT, for all three',
  },
  {
    pattern: /CHAIN_USER_DEL failed \(Device or resource busy|Can't delete chain with references left|Too many links|Chain is not empty/,
    means: 'leftovers',
    whereRun: 'refused',
    since: 'iptables 1.4',
  },
  {
    pattern: /does a matching rule exist|Chain '[^']*' does not exist/,
    means: 'gone',
    since: 'iptables 1.4',
  },
  {
    pattern:
      /CHAIN_DEL failed|RULE_(?:DELETE|REPLACE) failed \((?:No such|Invalid)|File exists|RTNETLINK answers: No such (?:file|process)|Index of (?:insertion|deletion|replacement) too big/,
    means: 'gone',
    since: 'iptables 1.8, iproute2',
  },
  { pattern: /Resource temporarily unavailable|Device or resource busy/, means: 'busy', since: 'iptables 1.4' },
  {
    pattern:
      /invalid port\/service|invalid port|is not a valid port|bad port|invalid CIDR|ParseCIDR|unknown protocol [`'"]|IFNAMSIZ|table id is not valid|(?<!index |bounds )\bout of range\b|is duplicate, or |is a garbage|\bis wrong: |FIB table does not exist|invalid argument '[^']{1,60}' to|invalid (?:IP|mask|prefix)|ParsePrefix|ParseAddr|host\/network `[^']{0,80}' not found|Bad IP address|invalid mask|strconv\.Parse|invalid argument "|unable to parse|[Ff]ailed to parse|failed validation of|validation errors?:/,
    means: 'bad-value',
    since: 'iptables 1.4, Istio',
  },
  {
    pattern: /unknown (?:shorthand )?flag|flag needs an argument|required flag|bad flag syntax|unknown command|accepts? \d+ arg/,
    means: 'bad-flag',
    since: 'Istio, in Go',
  },
  {
    pattern: /unknown (?:user|UID|GID)\b|^(?!id: ).{0,200}no such user|unknown group|Bad (?:UID|GID) value|Bad owner|"--[ug]id-owner"/,
    means: 'bad-name',
    since: 'iptables 1.4, Istio',
  },
  { pattern: /Extension \S+ revision \d+ not supported/, means: 'kernel-support', since: 'iptables 1.8' },
  {
    pattern: /failed \((?:No such file or directory|Operation not supported|Protocol not supported)\)/,
    means: 'kernel-support',
    since: 'iptables 1.8 (nf_tables)',
  },
  { pattern: /Could not process rule: (?:No such file|Operation not supported|Protocol not)/, means: 'kernel-support', since: 'nft' },
  {
    pattern: /ip6?tables\S*: (?:Not supported|Operation not supported)\.|[sg]etsockopt failed strangely|needs to be upgraded/,
    means: 'kernel-support',
    since: 'iptables 1.4',
  },
  { pattern: /failed \((?!add|del|check)|Could not process rule/, means: 'refused', since: 'iptables 1.8 (nf_tables), nft' },
  { pattern: /RTNETLINK answers: (?:Operation not supported|Address family)/, means: 'kernel-support', since: 'iproute2' },
  { pattern: /RTNETLINK answers/, means: 'refused', since: 'iproute2' },
  {
    pattern: /(?:^|ip6?tables.{0,80}: |problem: )line \d+ failed\b(?!:)/m,
    means: withoutReasonIn,
    whereRun: withoutReason,
    since: 'iptables-restore 1.4',
  },
  {
    pattern:
      /Invalid argument\. Run `dmesg'|Too many levels|Unknown error \d+|(?:ip6?tables\S{0,20}|line \d{1,6} failed|\w+\(\) failed|receive failed): (?:Invalid argument|Protocol wrong type|Bad file descriptor|Bad address|No buffer space available|Bad message|Message too long|Numerical result out of range|File exists)|Bad built-in chain name|COMMIT expected|xtables (?:resource|parameter|other) problem/,
    means: 'refused',
    since: 'iptables 1.4',
  },
  { pattern: /(?:^|[\s"'])\S{0,80}:\d+:\d+-\d+: Error: /m, means: 'unreadable', since: 'nft' },
  {
    pattern:
      /ip6?tables\S{0,20}(?: v\d[\d.]{0,12})?(?: \((?:legacy|nf_tables)\))?: (?!Warning).{0,200}(?:\b[Oo]ption\b|\b[Aa]rgument|[Bb]ad (?:value|argument|rule)|must be|no command|too long|[Cc]annot (?:use|combine)|[Cc]an't use|not allowed|requires? |[Ii]nvalid|[Ii]llegal|[Uu]nexpected|multiple |\bneeds? |\brequired\b)/m,
    means: 'unreadable',
    whereRun: 'unknown',
    since: 'iptables 1.4',
  },
  {
    pattern: /Error occurred at line: \d+|Try [`'"]ip6?tables\S{0,20} -h' or/,
    means: 'unreadable',
    whereRun: 'unknown',
    since: 'iptables 1.4',
  },
  // With its name, and mostly its version, in front, iptables says nothing but why it ends: warnings have no name.
  {
    pattern: /^(?:Command error output: )?(?:\S*\/)?ip6?tables(?:-\w+)*(?: v\d[\d.]*)?(?: \((?:legacy|nf_tables)\))?: (?!Warning|# )\S/m,
    means: 'unknown',
    since: 'iptables 1.4',
  },
];
