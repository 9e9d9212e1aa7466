import * as z from 'zod';
import { jsonIn } from '../json/json-in.ts';
import { wholeNumber } from './requests.ts';

/** Results that the vendor's paging reaches. */
const MAX_DEPTH = 10_000;

const epochSeconds = z.string().regex(/^\d{1,10}$/, 'must be Unix time in seconds, e.g. 1483228800');
const text = (max: number) => z.string().min(1, 'must not be empty').max(max, `must be at most ${max} characters`);
const attributes = z
  .string()
  .regex(/^[\w.]+(\s*,\s*[\w.]+)*$/, 'must be attribute names, comma-separated')
  .max(4000);
const flag = z.enum(['true', 'false'], 'must be true or false');

const sort = text(2000).refine(
  (value) => Array.isArray(jsonIn(value)),
  'must be a JSON array such as [{"event.dateTime":"asc"}]',
);

const common = {
  fromDate: epochSeconds.optional().describe('First day, Unix time in seconds; the time of day is not considered.'),
  toDate: epochSeconds.optional().describe('Last day, Unix time in seconds; the time of day is not considered.'),
  filter: text(10_000).optional().describe('Qualys query (QQL).'),
  sort: sort.optional().describe('JSON array of one-key objects: token and asc or desc.'),
  state: flag.optional().describe('true: only events of the current state.'),
};

/** Parameters of the guide's `/ioc/events`. */
export const eventsQuery = z
  .strictObject({
    ...common,
    pageNumber: wholeNumber(0, 999_999).optional().describe('Page, from 0.'),
    pageSize: wholeNumber(1, MAX_DEPTH).optional().describe('Events a page; 10 when absent.'),
    include_attributes: attributes.optional().describe('Only these attributes, comma-separated.'),
    exclude_attributes: attributes.optional().describe('All but these attributes, comma-separated.'),
  })
  .refine(({ pageNumber = '0', pageSize = '10' }) => (Number(pageNumber) + 1) * Number(pageSize) <= MAX_DEPTH, {
    message: `pageNumber and pageSize must stay within the first ${MAX_DEPTH} events: narrow the filter`,
    path: ['pageNumber'],
  });

/** Parameters of the guide's `/ioc/events/count`. */
export const countQuery = z.strictObject({
  ...common,
  groupBy: attributes.optional().describe('Attributes to group by, comma-separated.'),
  limit: wholeNumber(0, 999_999).optional().describe('Groups at most.'),
  interval: z
    .string()
    .regex(/^\d{1,4}[yqMwdhms]$/, 'must be a number and one of y, q, M, w, d, h, m, s, e.g. 1d')
    .optional()
    .describe('Interval when grouping by a date.'),
});

/** Parameters of the guide's `/ioc/events/{agentId}/{eventId}`. */
export const detailQuery = z.strictObject({ state: common.state, filter: common.filter });

const id = z
  .string()
  .refine(isId, 'must be an id of 1 to 500 characters other than . and ..')
  .meta({ minLength: 1, maxLength: 500 });

/** What names one event in the path of `/ioc/events/{agentId}/{eventId}`. */
export const eventParams = z.strictObject({
  agentId: id.meta({
    description: 'Id of the agent, `asset.agentId` of an event.',
    examples: ['11111111-2222-4333-8444-555555555555'],
  }),
  eventId: id.meta({
    description: 'Id of the event, `id` of an event.',
    examples: ['F_11111111-2222-4333-8444-555555555555_-3836563445362934026'],
  }),
});

function isId(value: string): boolean {
  return value.trim() !== '' && value.length <= 500 && !/^\.{1,2}$|\p{Cc}|\p{Cs}/u.test(value);
}
