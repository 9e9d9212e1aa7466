import { tryNowAnswer } from '../../actions/try-now-answer.ts';
import { tryNowQuery } from '../../http/requests.ts';
import { SERVICE_PROBLEMS, type Operation } from '../operation.ts';

/** What an operator does about a refused account. */
export const accountOperations: readonly Operation[] = [
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
