import { enrichAnswer } from '../../enrich/enrich-answer.ts';
import { enrichQuery } from '../../http/enrich-query.ts';
import { SERVICE_PROBLEMS, type Operation } from '../operation.ts';

/** What playbooks and analysts ask for a case. */
export const enrichOperations: readonly Operation[] = [
  {
    operationId: 'enrich',
    method: 'get',
    route: 'enrich',
    tag: 'Enrichment',
    summary: 'Enrich an entity of a case',
    description:
      'Events and their summary for exactly one host, user, agent, hash, address, domain, file or threat; for a host or agent also its open vulnerabilities; for a CVE or QID the hosts that have or had it. Read `notSearched` before a total of 0. Parts that could not be read are null and stand in `errors`.',
    query: enrichQuery,
    answers: { 200: { description: 'What was found; `ok` is false when something failed.', schema: enrichAnswer } },
    problems: [400, ...SERVICE_PROBLEMS],
    connector: 'important',
  },
];
