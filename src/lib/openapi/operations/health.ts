import { pingResult } from '../../http/ping-answers.ts';
import { tryNowQuery } from '../../http/requests.ts';
import { tryNowAnswer } from '../../http/try-now-answer.ts';
import { costAnswer } from '../../cost/cost-answer.ts';
import { health, status } from '../../health/health-answers.ts';
import { SERVICE_PROBLEMS, type Operation } from '../operation.ts';
import { anyObject } from '../../answer-values.ts';

const ping = {
  route: 'ping',
  tag: 'Health',
  summary: 'Check every dependency',
  description: 'Settings, storage, both Qualys APIs and Logs Ingestion, side by side, each for at most 20 seconds.',
  answers: {
    200: { description: 'All checks passed.', schema: pingResult },
    503: { description: 'At least one check failed; the body names it.', schema: pingResult },
  },
  problems: [],
} as const satisfies Partial<Operation>;

/** Whether it works, where it stands, what it costs, and what is done about a refused account. */
export const healthOperations: readonly Operation[] = [
  {
    ...ping,
    operationId: 'ping',
    method: 'get',
    connector: 'important',
    description: `${ping.description} For monitors: each Qualys API is asked at most once in five minutes, over all instances; else the last answer is told with its age.`,
  },
  {
    ...ping,
    operationId: 'pingByPost',
    method: 'post',
    connector: 'none',
    description: `${ping.description} Qualys is asked now, but for an account that is known to be refused.`,
  },
  {
    operationId: 'getStatus',
    method: 'get',
    route: 'status',
    tag: 'Health',
    summary: 'Get the status of all streams',
    description:
      'The judgement, and what it is made of: watermark, lag, windows that need attention, rows of the last day, limits of both APIs, queues, dead letters, and alerts that are not posted.',
    answers: { 200: { description: 'Where each stream stands.', schema: status } },
    problems: [],
    connector: 'important',
  },
  {
    operationId: 'getHealth',
    method: 'get',
    route: 'health',
    tag: 'Health',
    summary: 'Get the judgement alone',
    description: 'For availability tests: as status judges, without its figures. Calls nothing of Qualys.',
    answers: {
      200: { description: 'Nobody needs to act: ok, catching-up or waiting.', schema: health },
      503: { description: 'A person is needed: attention or down.', schema: health },
    },
    problems: [],
    connector: 'none',
  },
  {
    operationId: 'getOpenapi',
    method: 'get',
    route: 'openapi.json',
    tag: 'Health',
    summary: 'Get this document',
    description: 'Made from the schemas that check requests, with the address at which it was asked for.',
    answers: { 200: { description: 'OpenAPI 3.1.', schema: anyObject('An OpenAPI document.') } },
    problems: [],
    connector: 'none',
  },
  {
    operationId: 'getCost',
    method: 'get',
    route: 'cost',
    tag: 'Health',
    summary: 'Get what ingestion costs',
    description:
      "Rows and billed bytes of the last days by stream as sent, reckoned by Log Analytics' rule, a month of them with its price, and what other settings would have made of the same rows. What was sent again, and backfills, are among them; a filter in Azure is not known here.",
    answers: { 200: { description: 'What was sent, and what that costs.', schema: costAnswer } },
    problems: [...SERVICE_PROBLEMS],
    connector: 'advanced',
  },
  {
    operationId: 'tryNow',
    method: 'post',
    route: 'try-now',
    tag: 'Health',
    summary: 'Try the account now',
    description:
      "After a repair: lets one login out that waits for its time, three times an hour, and hurries all windows that wait for the account or for Azure's identity.",
    query: tryNowQuery,
    answers: { 200: { description: 'Whether a login may go out, and how many windows go on.', schema: tryNowAnswer } },
    // 429: three logins were tried by hand within the hour; the answer tells when the next one may be.
    problems: [400, 429, ...SERVICE_PROBLEMS],
    connector: 'advanced',
  },
];
