import { findText, type LongText } from './split-item.ts';
import { wholeEnd } from '../utf8.ts';

/**
 * Cuts the text of an item to at most so many UTF-8 bytes, at the end of a character, and says in the text itself where: there it is seen
 * wherever the text is shown. The same item and limit always give the same text. JSON texts have one character a byte.
 */
export function capText(item: string, text: LongText, maxBytes: number): string {
  // What is shorter as a whole has no longer text.
  if (item.length <= maxBytes) return item;
  const found = findText(item, text);
  if (found === undefined || found.end - found.from <= maxBytes) return item;
  const json = Buffer.from(`"${item.slice(found.from, found.end)}"`, 'latin1').toString('utf8');
  const bytes = Buffer.from(JSON.parse(json) as string);
  if (bytes.length <= maxBytes) return item;
  const kept = bytes.subarray(0, wholeEnd(bytes, 0, maxBytes));
  const mark = `… [cut by VM_RESULTS: the first ${kept.length} of ${bytes.length} bytes]`;
  const cut = Buffer.from(JSON.stringify(kept.toString('utf8') + mark).slice(1, -1));
  return item.slice(0, found.from) + cut.toString('latin1') + item.slice(found.end);
}
