import { type ConnectorError, RetryableError } from '../../errors.ts';
import { jsonIn } from '../../json/json-in.ts';
import { type CallDeps, sharePause } from '../call/call-qualys.ts';
import { classifyDocument } from '../refusals/classify-answer.ts';
import type { QualysAnswer } from '../call/qualys-answer.ts';
import { readVendorMessage } from '../refusals/read-vendor-message.ts';
import { vendorText } from '../refusals/vendor-text.ts';

const MOST_COUNT_BYTES = 65_536;
const MOST_RECORD_BYTES = 16 * 1024 * 1024;

/**
 * The few records in an answer, read to its end. @throws RetryableError for anything but a list, or nothing.
 * @param what they are, where a person asks, who is told what came instead; but not of a page that is cut: that is a record.
 */
export async function readRecords(answer: QualysAnswer, what?: string): Promise<readonly unknown[]> {
  const text = await answer.text(MOST_RECORD_BYTES);
  const records = text.trim() === '' ? [] : jsonIn(text);
  if (Array.isArray(records)) return records as unknown[];
  const isCut = records === undefined && /^\s*[[{]/.test(text);
  const said = what === undefined || isCut ? '' : vendorText(readVendorMessage(text).text);
  const message = `Qualys EDR answered without a list of ${what ?? 'record'}s${said === '' ? '' : `: ${said}`}`;
  throw new RetryableError(message, { fault: { status: answer.status }, scope: 'answer' });
}

/** The count in an answer. @throws RetryableError when there is none. */
export async function readCount(deps: CallDeps, answer: QualysAnswer): Promise<number> {
  const text = await answer.text(MOST_COUNT_BYTES);
  const count = countIn(text);
  if (count !== undefined) return count;
  const found = classifyDocument(text, answer.status, answer.headers);
  throw found instanceof RetryableError ? noCount(text, answer.status) : await sharePause(deps, 'edr', found);
}

function noCount(text: string, status: number): ConnectorError {
  const came = text.trim() === '' ? 'an empty body' : vendorText(text).slice(0, 200);
  return new RetryableError(`Qualys EDR count must be {"count": <number of 0 or more>}, came ${came}`, {
    fault: { status },
    scope: 'answer',
  });
}

function countIn(text: string): number | undefined {
  const body = jsonIn(text);
  const count = typeof body === 'object' && body !== null && 'count' in body ? body.count : undefined;
  const number = typeof count === 'string' && /^\s*\d{1,15}\s*$/.test(count) ? Number(count) : count;
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}
