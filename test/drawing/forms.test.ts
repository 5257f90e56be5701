import fc from 'fast-check';
import { SaxesParser } from 'saxes';
import { describe, expect, it } from 'vitest';
import { dotOf } from '../../src/drawing/dot.ts';
import { mermaidOf } from '../../src/drawing/mermaid.ts';
import { svgOf } from '../../src/drawing/svg.ts';
import { rounds } from '../trials.ts';
import { drawings, SMALL } from './drawings.ts';
import { parseMermaid } from './mermaid-parser.ts';

/** The elements of a text, which must be well-formed XML. */
function elementsOf(text: string): readonly string[] {
  const names: string[] = [];
  const parser = new SaxesParser();
  parser.on('opentag', ({ name, attributes }) => names.push(name, ...Object.keys(attributes).map((key) => `@${key}`)));
  parser.on('error', (error) => {
    throw error;
  });
  parser.write(text).close();
  return [...new Set(names)];
}

describe('as SVG', () => {
  it('a drawing has its texts, its reasons where a pointer rests, and words for who can not see it', () => {
    const svg = svgOf(SMALL);
    expect(svg).toContain('role="img" aria-label="two chains"');
    expect(svg).toContain('<desc>One chain jumps to another.</desc>');
    expect(svg).toContain('<g><title>all that leaves</title><text class="plain"');
    expect(svg).toMatch(/<text class="added" x="\d+" y="\d+">1 -j RETURN<\/text>/);
  });

  it('is XML whatever its texts hold, and has no part that runs or is fetched', () => {
    fc.assert(
      fc.property(drawings, (drawing) => {
        const known = ['svg', 'title', 'desc', 'style', 'defs', 'marker', 'path', 'g', 'rect', 'text'];
        const elements = elementsOf(svgOf(drawing));
        expect(elements.filter((name) => !name.startsWith('@') && !known.includes(name))).toEqual([]);
        expect(elements.filter((name) => /^@(?:on|href|xlink|style|src)/.test(name))).toEqual([]);
      }),
      { numRuns: rounds(150) },
    );
    expect(svgOf(SMALL).match(/https?:[^"]*|url\([^)]*\)/g)).toEqual(['http://www.w3.org/2000/svg', 'url(#tip)', 'url(#tip)']);
  });

  it('can be read in light and in dark: each text has a contrast of 4.5 to its ground', () => {
    const style = /<style>(.*)<\/style>/s.exec(svgOf(SMALL))?.[1] ?? '';
    for (const scheme of style.split('@media')) {
      const color = (rule: RegExp): string => rule.exec(scheme)?.[1] ?? '';
      const grounds = [color(/svg\{background:(#\w+)/), color(/\.lane\{fill:(#\w+)/), color(/\.head\{fill:(#\w+)/)];
      const texts = [...scheme.matchAll(/text(?:\.\w+)?\{fill:(#\w+)/g)].map(([, hex = '']) => hex);
      expect(texts.length).toBeGreaterThan(7);
      // Marked texts stand in boxes, whose ground is that of the picture.
      for (const text of texts) expect(contrast(text, grounds[0] ?? '')).toBeGreaterThanOrEqual(4.5);
      for (const ground of grounds) expect(contrast(texts[0] ?? '', ground)).toBeGreaterThanOrEqual(4.5);
    }
  });
});

/** The contrast of two colours as WCAG 2 counts it. */
function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(hex: string): number {
  const digits = hex.length === 4 ? [...hex.slice(1)].map((digit) => digit + digit) : (hex.slice(1).match(/../g) ?? []);
  const [red = 0, green = 0, blue = 0] = digits.map((pair) => {
    const part = Number.parseInt(pair, 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

describe('for Mermaid', () => {
  it('a drawing is a flowchart with a box for each chain and an arrow for each jump', async () => {
    const text = mermaidOf(SMALL);
    expect(await parseMermaid(text)).toBe('flowchart-v2');
    expect(text).toContain('b0["<b>OUTPUT</b><br/>1 -j ISTIO_OUTPUT"]');
    expect(text).toContain('  b0 -->|"jumps"| b1\n  b1 ==> b2\n');
  });

  it('is one that Mermaid itself takes, whatever its texts hold', async () => {
    await fc.assert(
      fc.asyncProperty(drawings, async (drawing) => {
        const text = mermaidOf(drawing);
        expect(await parseMermaid(text)).toBe('flowchart-v2');
        expect(text).not.toMatch(/<(?!b>|\/b>|br\/>)/);
      }),
      { numRuns: rounds(100) },
    );
  });
});

describe('in the DOT language', () => {
  it('a drawing has a table for each box, and arrows that leave the row which jumps', () => {
    expect(dotOf(SMALL)).toContain('  b0:r0 -> b1 [label=<jumps>];\n  b1 -> b2 [color="#1f56c4"];\n');
  });

  it('has labels that are well-formed whatever its texts hold', () => {
    fc.assert(
      fc.property(drawings, (drawing) => {
        const labels = [...dotOf(drawing).matchAll(/label=<(.*)>(?:; rankdir=.*|;|(?: color="#\w+")?\];)$/gm)].map(([, label]) => label);
        for (const label of labels) elementsOf(`<x>${label}</x>`);
        expect(labels.length).toBeGreaterThan(drawing.boxes.length);
      }),
      { numRuns: rounds(100) },
    );
  });
});
