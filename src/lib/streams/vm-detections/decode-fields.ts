import { RetryableError } from '../../errors.ts';
import { nextIdMinOf } from '../../qualys/next-id-min.ts';
import { clear } from '../../qualys/xml/json-out.ts';
import { closeValue, openString } from '../../qualys/xml/xml-json.ts';
import { nameAt } from '../../qualys/xml/xml-reader.ts';
import type { VmWarning } from './decode-page.ts';
import type { Decoder } from './decode-state.ts';
import { CONTEXT } from './element-context.ts';

/** A small text of WARNING or RESPONSE starts. */
export function startField(decoder: Decoder): void {
  clear(decoder.field);
  openString(decoder.field);
  decoder.reader.out = decoder.field;
}

/** It ends. */
export function endField({ contexts, field, page, reader }: Decoder): void {
  closeValue(field);
  const text = JSON.parse(field.bytes.toString('utf8', 0, field.at)) as string;
  const isInWarning = contexts[reader.depth - 1] === CONTEXT.warning;
  (isInWarning ? page.warningFields : page.responseFields).set(nameAt(reader, reader.depth), text);
}

/** WARNING ends. */
export function endWarning({ page }: Decoder): void {
  const fields = page.warningFields;
  const warning = { code: fields.get('CODE') ?? '', text: fields.get('TEXT') ?? '', url: fields.get('URL') ?? '' };
  page.warning = laterWarning(page.warning, warning);
  fields.clear();
}

/** RESPONSE ends. Throws a RetryableError when the vendor reports an error in the middle of a page. */
export function endResponse({ page }: Decoder): void {
  const fields = page.responseFields;
  if (fields.size === 0) return;
  const code = fields.get('CODE') ?? '';
  const why = `${code} ${fields.get('TEXT') ?? ''}`.trim();
  throw new RetryableError(`Qualys reports an error inside the page: ${why}`, {
    fault: code === '' ? {} : { code },
    scope: 'answer',
  });
}

/** One warning a document is documented; of several, one that names a next page counts. */
function laterWarning(earlier: VmWarning | undefined, later: VmWarning): VmWarning {
  return earlier !== undefined && nextIdMinOf(earlier.url) !== undefined ? earlier : later;
}
