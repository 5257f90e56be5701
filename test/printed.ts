/** The commands of other programs that texts of the sources name, for somebody to copy: `{}` where a value is filled in. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface PrintedCommand {
  readonly command: string;
  /** The file that has it. */
  readonly file: string;
}

// What is started and never printed, and what only tells releases apart.
const NOT_PRINTED = /\/(?:host\/scratch|istio\/releases|netfilter\/list)\/|\/read\/prose\.ts$/;

const START =
  /(?:sudo )?(?:kubectl (?:-n \S+ )?(?:get|logs|describe|debug|apply|config|exec|delete)\b|nsenter -|modprobe (?:-a|xt_)|fuser \/|ausearch -|dmesg\b|nft (?:list|delete|-j)|ip (?:rule|route|addr|link|netns)\b(?= (?:add|del|show|list)|["”])|ip6?tables(?:-legacy|-nft)? (?:-t \w+ )?-[A-Z]\b|ip6?tables-save \||helm template|docker system|ulimit -|conntrack -)/g;

// Outside quotes of the command itself.
const END = /^(?:"|\)|, |; (?!ip)|: |\.$| and | or |$| then | beside | says | in the | on the | under | \(|`)/;

/** Those that a text names. */
export function commandsIn(text: string): readonly string[] {
  return [...text.matchAll(START)].map(({ index }) => {
    let quote = false;
    let at = index;
    while (at < text.length && (quote || !END.test(text.slice(at)))) {
      if (text[at] === "'") quote = !quote;
      at += 1;
    }
    return text.slice(index, at).trim();
  });
}

function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesIn(path) : path.endsWith('.ts') ? [path] : [];
  });
}

const TEXT = /'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|`((?:[^`\\]|\\.)*)`/g;

/** The texts of a file: of those that go on over lines none is for people. */
function textsIn(file: string): readonly string[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => !/^\s*(?:\/\/|\*|\/\*|says: \/)/.test(line))
    .flatMap((line) => [...line.matchAll(TEXT)].map(([, ...texts]) => texts.find((text) => text !== undefined) ?? ''))
    .map((text) => text.replace(/\$\{(?:[^{}]|\{[^{}]*\})*\}/g, '{}').replace(/\\(['"`])/g, '$1'));
}

/** All of them, each once. */
export function printedCommands(sources: string): readonly PrintedCommand[] {
  const found = filesIn(sources)
    .filter((file) => !NOT_PRINTED.test(file))
    .flatMap((file) => textsIn(file).flatMap((text) => commandsIn(text).map((command): PrintedCommand => ({ command, file }))));
  return [...new Map(found.map((one) => [one.command, one])).values()];
}
