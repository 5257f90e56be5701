/** What pages and terminals put around a line of iptables: colours, HTML, quotation marks, typography. */

// ECMA-48 control sequences and operating system commands (titles, links).
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const TERMINAL = /\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\^_])/g;

// Whatever else a terminal would act on has no place in a rule.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const CONTROL = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/g;

const ENTITIES: Readonly<Record<string, string>> = {
  gt: '>',
  lt: '<',
  amp: '&',
  quot: '"',
  apos: "'",
  nbsp: ' ',
  ndash: '\u2013',
  mdash: '\u2014',
  excl: '!',
  ast: '*',
};

const BREAK = /<br ?\/?>|<\/(?:p|div|li|tr)>/gi;

// Only tags that pages put around code: `<chain>` may be a placeholder that a person wrote.
const TAG = /<\/?(?:a|b|body|br|code|div|em|font|html|i|li|p|pre|samp|span|strong|table|tbody|td|tr|tt|u|ul)(?: [^<>]*)?\/?>/gi;

// Jira's and Confluence's for a block of code, and fences that stand in the line of the first rule or the last one.
const MACRO = /^\s*\{(?:code|noformat)(?::[^{}]{0,80})?\}\s*$/;
const OPENED = /^\s*```(?=Chain \S|\*\s?[a-z]{1,20}\s*$|-[ADINP] |:[A-Za-z]|\[\d|# Generated )/;

/** A line without its markup; several lines where HTML breaks stand in it. */
export function withoutMarkup(line: string): readonly string[] {
  let text = line;
  if (text.includes('\x1b')) text = text.replace(TERMINAL, '');
  if (/[\u00a0\u2000-\u200b\ufeff]/.test(text)) text = text.replace(/[\u00a0\u2000-\u200a]/g, ' ').replace(/[\u200b\ufeff]/g, '');
  text = text.replace(CONTROL, ' ');
  if (MACRO.test(text)) return ['```'];
  if (text.includes('```')) text = withoutFence(text);
  if (!text.includes('<') && !text.includes('&')) return [withPlainDashes(text)];
  const parts = text.includes('<') ? text.replace(BREAK, '\n').replace(TAG, '').split('\n') : [text];
  return parts.map((part) => withPlainDashes(withoutEntities(part)));
}

/** A fence that is all of a line stays: it ends what stood before it. */
function withoutFence(text: string): string {
  const opened = text.replace(OPENED, '').trimEnd();
  return opened.length > 3 && opened.endsWith('```') && !opened.startsWith('```') ? opened.slice(0, -3) : opened;
}

function withoutEntities(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(/&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|([a-z]{2,6}));/g, (entity, decimal?: string, hex?: string, name?: string) => {
    const code = decimal !== undefined ? Number(decimal) : hex !== undefined ? Number.parseInt(hex, 16) : undefined;
    if (code !== undefined) return code > 31 && (code < 127 || code > 159) && code <= 0x10ffff ? String.fromCodePoint(code) : ' ';
    return ENTITIES[name ?? ''] ?? entity;
  });
}

// What an input method for Chinese or Japanese makes of punctuation. Letters stay: a chain may be called ＩＳＴＩＯ.
const WIDE: Readonly<Record<string, string>> = {
  '\uff01': '!',
  '\uff1a': ':',
  '\uff0c': ',',
  '\uff0f': '/',
  '\uff0d': '-',
  '\uff0a': '*',
  '\uff0e': '.',
  '\u3000': ' ',
};

// Blogs make `--dport` to `–dport` and straight quotes to curly ones.
function withPlainDashes(text: string): string {
  if (!/[\u2013\u2014\u2018\u2019\u201c\u201d\u2212\u3000\uff01-\uff1a]/.test(text)) return text;
  // What is quoted is somebody's text.
  const plain = text
    .split(/("[^"]*")/)
    .map((part, index) => (index % 2 === 1 ? part : part.replace(/[\u3000\uff01-\uff1a]/g, (wide) => WIDE[wide] ?? wide)));
  return plain
    .join('')
    .replace(/(^|\s)[\u2013\u2014\u2212]-?(?=[a-z]{2})/g, '$1--')
    .replace(/[\u2013\u2014\u2212]/g, '-')
    .replace(/[\u201c\u201d]/g, '"')
    .replace(/[\u2018\u2019]/g, "'");
}
