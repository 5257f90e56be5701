/** Which lines of a text somebody wrote about programs: documents, notes, reports. What they name in a sentence no program has said. */

/** The lines of a text, 1-based. */
export interface Prose {
  readonly lines: ReadonlySet<number>;
  /** Whether a program may have said what stands in this line. */
  readonly isStatement: (line: number) => boolean;
  /** Whether what stands in this line is quoted: it stands in a block of code or behind prose. */
  readonly quotes: (line: number) => boolean;
}

/** Of a text in which nobody wrote anything. */
export const NO_PROSE: Prose = { lines: new Set(), isStatement: () => true, quotes: () => false };

const FENCE = /^\s*(?:```|~~~|\{(?:code|noformat)(?::[^{}]{0,80})?\}\s*$|<\/?pre\b)/i;

// What a logger, a container runtime, kubectl or a program of columns writes before a message.
const LOGGED: readonly RegExp[] = [
  /^(?:<\d{1,3}>\d? ?)?\[?\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d/,
  /^[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d /,
  /^\[? *\d{1,6}(?:[:.]\d{2,6}){1,3}\]? /,
  /^[IWEF]\d{4} \d\d:\d\d/,
  /^["']?[{[]\s*["{]/,
  /^\[[^\]]{1,300}\] (?!\()/,
  /^[\w.@-]+=(?:"|\S+ \w+=)/,
  /\t/,
  /[^\s.!?:|] {2,}\S/,
  /^[\w./-]{1,80} +\| /,
  /^[│┃┤├]/,
  /^["']?(?:last ?state|state|terminated|reason|message|msg|log|textPayload|body|exit ?code|signal|error|status)["']?: /i,
  /^(?:\++|\$) \S/,
  /^spec\.\w{1,40}\{/,
];

// Who says that a run failed, at the start of the line.
const REPORTED_BY =
  /^(?:(?:\.{0,2}\/\S+|(?:\S*\/)?(?:ip6?tables|xtables|nft|ip|modprobe|nsenter|sysctl|istio|pilot-agent|runc|crun|kubelet|containerd|dockerd|cri-o|bash|sh|sudo|envoy|exec|audit|runtime|netlink|libnftables)[\w.-]*)(?: v?[\d.]+)?(?: \(\w+\))?(?:\[\d+\])?: |(?:error|fatal|panic|warning|fatal error|command error output|rtnetlink answers|oci runtime \w+ failed|failed to \w+(?: \w+){0,4}|(?:open|write|stat|exec|fork\/exec) \/\S*|type=\w+)\b.{0,40}: |\w+\[\d+\]: |back-off |failed to |init:|oomkilled|\w+ "[^"]{1,253}" (?:is forbidden|not found)|plugin type=|network: |rpc error|line \d+ failed|exec[: ]|standard_init|signal: |killed\b|goroutine \d|unknown (?:flag|shorthand|option|user|uid)|netplugin |segmentation fault|aborted\b|bad system call)/i;

// Sentences that programs print.
const OF_PROGRAMS =
  /No chain\/target\/match by that name|iptables validation failed; workload is not ready.*|Another app is currently holding the xtables lock.*|Perhaps (?:you want to use|iptables or your kernel).*|\(do you need to insmod\?\)|\(does a matching rule exist in that chain\?\)|\(you must be root\)|Run `dmesg' for more information|Try [`'"]ip6?tables.*|When using Istio CNI, this can occur.*|The node (?:was low|had condition).*|Back-off restarting.*|container has runAsNonRoot.*|(?:The|Init) container .{0,80}(?:could not be located|exited with).*/;

const MARKUP = /^(?:[>\s]*)(?:(?:[-*+•‣]|\d{1,3}[.)]|\.{1,3}|#{1,6}|=+|h[1-6]\.) +|\|)?\s*/;

const STRONG =
  /\b(?:we|I|our|us|my|you|your|they|their|he|she|it's|I'm|we're|because|although|though|therefore|yesterday|today|tomorrow|when|whenever|if|unless|should|would|may|might|often|usually|typically|sometimes|once|after|afterwards|before|since|while|see|e\.g\.|i\.e\.|means?|what|why|how|never|always|don't|doesn't|isn't|which|whose|this|these|those|there|so that|such as|both|either|neither|each|every|here|was|were|has|have|had|been|says?|said)\b/gi;
const WEAK = /\b(?:the|a|an|of|is|are|in|on|at|for|with|and|or|to|by|as|from|that|it|its|no|not|but|than|then|only|one|all|any)\b/gi;

/** A word of a sentence is none that is quoted, a path, an option or a name with a number. */
const QUOTED = /`[^`]*`|"[^"]*"|“[^”]*”|(?<!\w)'[^']*'|https?:\S+|(?<!\S)-{1,2}\w\S*|(?<!\S)\S*\/\S*/g;

// What is longer is a paragraph of many, or data.
const LONGEST_SENTENCE = 2000;

/** Pods and containers, which stern puts in front. */
const NAMES = /^(?:[\w.]{1,80}-[\w.-]{1,200} ){1,3}/;

/** Whether somebody wrote a line, as far as one line can tell. */
function isSentence(line: string): boolean {
  const text = line.trim();
  if (text.length > LONGEST_SENTENCE || OF_RULES.test(text)) return false;
  const own = text.replace(MARKUP, '').replace(NAMES, '');
  if (own === '' || isLogged(text) || isLogged(own)) return false;
  const plain = own.replace(OF_PROGRAMS, '').replace(QUOTED, ' ');
  const words = plain.match(/[\p{L}][\p{L}'’-]*/gu)?.length ?? 0;
  const strong = plain.match(STRONG)?.length ?? 0;
  const weak = plain.match(WEAK)?.length ?? 0;
  if (REPORTED_BY.test(own)) return strong >= 3 && (strong + weak) * 3 >= words;
  return words >= 4 && ((strong >= 1 && strong + weak >= 2 && (strong + weak) * 6 >= words) || (weak >= 3 && (strong + weak) * 3 >= words));
}

function isLogged(text: string): boolean {
  return text.includes('\u001b') || LOGGED.some((form) => form.test(text));
}

// What a program is given stands in a log, and no sentence around it.
const OF_RULES = /^\s*(?:\++ )?(?:(?:\S*\/)?(?:ip6?tables|nft|ip)\S* -|-[ANIPDX] [A-Z]|\* ?[a-z]+$|COMMIT|[Rr]unning )/;

const ITEM = /^\s*(?:>\s*)*(?:[-*+•‣]|\d{1,3}[.)]|\.{1,3}) +\S/;
const HEADING = /^(?:#{1,6} +(?![$#] |\S*ip6?tables)\S|={1,5} +\S|h[1-6]\. )/;
const RULED = /^\|?(?:\s*:?-{2,}:?\s*\|)+(?:\s*:?-{2,}:?\s*)?$/;
const SPAN = /`[^`]+`|\*\*[^*]+\*\*/;

/** Finds them. */
export function proseIn(text: string): Prose {
  const lines = text.split(/\r?\n/);
  const { blocks, fenced } = blocksOf(lines);
  const at = (index: number): string => lines[index] ?? '';
  const sentences = new Set(blocks.flat().filter((index) => isSentence(at(index))));
  const isTable = (block: readonly number[]): boolean => block.some((index) => RULED.test(at(index).trim()));
  const begun = blocks.filter((block) => {
    const [lead = 0] = block;
    if (sentences.has(lead) || HEADING.test(at(lead))) return true;
    return block.some((index) => sentences.has(index)) && !block.some((index) => isSentenceLine(at(index)) || OF_RULES.test(at(index)));
  });
  const isDocument = fenced.size > 0 || begun.length > 0 || blocks.some(isTable);
  if (!isDocument) return NO_PROSE;
  const written = blocks.flatMap((block) => {
    const [lead = 0] = block;
    const goesOn = sentences.has(lead);
    const inTable = isTable(block);
    return block.filter((index) => {
      const line = at(index);
      if (inTable || HEADING.test(line) || sentences.has(index)) return true;
      if (isLogged(line.trim())) return false;
      if (ITEM.test(line)) return begun.length > 0;
      return !REPORTED_BY.test(line.trim()) && (goesOn || SPAN.test(line));
    });
  });
  const found = new Set(written.map((index) => index + 1));
  const first = Math.min(...found);
  return {
    lines: found,
    isStatement: (line) => !found.has(line) && (fenced.has(line - 1) ? !isSentence(at(line - 1)) : isSentenceLine(at(line - 1))),
    quotes: (line) => found.size > 0 && (fenced.has(line - 1) || first < line),
  };
}

/** Whether a line of a document outside of blocks of code is what a program prints. */
function isSentenceLine(line: string): boolean {
  const text = line.trim();
  const own = text.replace(/^(?:>\s*)+/, '');
  return isLogged(text) || isLogged(own) || REPORTED_BY.test(own) || OF_PROGRAMS.test(own);
}

/** Lines that follow each other, and those in blocks of code; 0-based. */
function blocksOf(lines: readonly string[]): { readonly blocks: readonly (readonly number[])[]; readonly fenced: ReadonlySet<number> } {
  const blocks: number[][] = [[]];
  const fenced = new Set<number>();
  let inFence = false;
  for (const [index, line] of lines.entries()) {
    if (FENCE.test(line)) inFence = !inFence;
    else if (inFence) fenced.add(index);
    else if (line.trim() !== '') {
      blocks.at(-1)?.push(index);
      continue;
    }
    if (blocks.at(-1)?.length !== 0) blocks.push([]);
  }
  return { blocks: blocks.filter(({ length }) => length > 0), fenced };
}
