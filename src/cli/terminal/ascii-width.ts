/**
 * Stands in for the package string-width in the bundled program: that one builds an Intl.Segmenter and
 * Unicode tables when it is loaded, which costs more than all of yargs. Our help is ASCII without colours.
 */
export default function asciiWidth(text: string): number {
  return text.length;
}
