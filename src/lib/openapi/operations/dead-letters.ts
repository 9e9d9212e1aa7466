import { deadLettersQuery } from '../../http/requests.ts';
import { deadLetterList, replayResult } from '../../pipeline/dead-letter-answers.ts';
import { SERVICE_PROBLEMS, type Operation } from '../operation.ts';

/** Rows that Azure refuses even one by one. */
export const deadLetterOperations: readonly Operation[] = [
  {
    operationId: 'listDeadLetters',
    method: 'get',
    route: 'dead-letters',
    tag: 'Dead letters',
    summary: 'List dead letters',
    description: 'What could not be ingested, and why; not the rows themselves.',
    query: deadLettersQuery,
    answers: { 200: { description: 'Dead letters.', schema: deadLetterList } },
    problems: [400, ...SERVICE_PROBLEMS],
    connector: 'advanced',
  },
  {
    operationId: 'replayDeadLetters',
    method: 'post',
    route: 'dead-letters/replay',
    tag: 'Dead letters',
    summary: 'Replay dead letters',
    description:
      'Sends rows again, after a fix. A letter goes only after its rows were accepted; one that is refused holds no other.',
    query: deadLettersQuery,
    answers: { 200: { description: 'What was accepted and what was refused again.', schema: replayResult } },
    problems: [400, ...SERVICE_PROBLEMS],
    connector: 'advanced',
  },
];
