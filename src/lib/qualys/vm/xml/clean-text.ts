import { isUtf8 } from 'node:buffer';
import { replaceBroken, wholeEnd } from '../../../utf8.ts';

/** Code points that UTF-8 can write and XML forbids, beside control characters. */
const NONCHARACTERS = ['\ufffe', '\uffff'];

/**
 * Makes bytes well-formed UTF-8 while they come, from the start of a document, without U+FFFE and U+FFFF; U+FFFD stands for what is not. Most
 * bytes pass as they are.
 */
export function createTextCleaner() {
  let rest = Buffer.alloc(0);
  let replaced = 0;
  return {
    /** What can be told of the bytes so far: a character that may go on is held back. */
    write: (bytes: Uint8Array): Buffer => {
      const given =
        rest.length === 0 ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length) : Buffer.concat([rest, bytes]);
      const end = wholeEnd(given, 0, given.length);
      rest = Buffer.from(given.subarray(end));
      const whole = given.subarray(0, end);
      if (isUtf8(whole) && NONCHARACTERS.every((character) => !whole.includes(character))) return whole;
      const repaired = replaceBroken(whole);
      const text = repaired.bytes.toString();
      replaced += repaired.count + (text.match(/[\ufffe\uffff]/g) ?? []).length;
      return Buffer.from(text.replaceAll(/[\ufffe\uffff]/g, '\ufffd'));
    },
    /** Whether a character is held back. */
    isWithin: () => rest.length > 0,
    /** Characters replaced so far. */
    replaced: () => replaced,
  };
}
