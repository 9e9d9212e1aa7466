import { RetryableError } from '../../errors.ts';
import { clear } from '../../qualys/xml/json-out.ts';
import { closeValue, openString } from '../../qualys/xml/xml-json.ts';
import type { VmWarning } from './decode-page.ts';
import type { Decoder } from './decode-state.ts';
import { CONTEXT } from './decode-state.ts';

/** A small text of WARNING or RESPONSE starts. */
export function startField(decoder: Decoder): void {
  clear(decoder.field);
  openString(decoder.field);
  decoder.reader.out = decoder.field;
}

/** It ends. */
export function endField({ field, page }: Decoder, name: string): void {
  closeValue(field);
  page.fields.set(name, JSON.parse(Buffer.from(field.bytes.subarray(0, field.at)).toString()) as string);
}

/** WARNING or RESPONSE ends. Throws a RetryableError when the vendor reports an error in the middle of a page. */
export function endFields({ page }: Decoder, context: number): void {
  const { fields } = page;
  const code = fields.get('CODE') ?? '';
  const text = fields.get('TEXT') ?? '';
  if (context === CONTEXT.warning)
    page.warning = laterWarning(page.warning, { code, text, url: fields.get('URL') ?? '' });
  else if (code !== '' || text !== '') {
    throw new RetryableError(`Qualys reports an error inside the page: ${code} ${text}`.trimEnd(), { fault: { code } });
  }
  fields.clear();
}

/** One warning a document is documented; of several, one that names a next page counts. */
function laterWarning(earlier: VmWarning | undefined, later: VmWarning): VmWarning {
  return earlier !== undefined && nextIdMinOf(earlier.url) !== undefined ? earlier : later;
}

/** `id_min` of a warning's URL: the only thing taken from it, as it may name a host that is not ours. */
export function nextIdMinOf(url: string): string | undefined {
  // Inside CDATA the vendor's ampersands are sometimes escaped all the same.
  const query = url.slice(url.indexOf('?') + 1).replaceAll('&amp;', '&');
  const idMin = new URLSearchParams(query).getAll('id_min').at(-1);
  return idMin !== undefined && /^\d+$/.test(idMin) ? idMin : undefined;
}
