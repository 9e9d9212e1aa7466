import { costAnswer } from '../../cost/cost-answer.ts';
import { SERVICE_PROBLEMS, type Operation } from '../operation.ts';

/** What ingestion costs. */
export const costOperations: readonly Operation[] = [
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
];
