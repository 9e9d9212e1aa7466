import { clearedTraces, traceList } from '../../pipeline/trace-answers.ts';
import { SERVICE_PROBLEMS, type Operation } from '../operation.ts';

/** Calls to Qualys for a support case. */
export const traceOperations: readonly Operation[] = [
  {
    operationId: 'listTraces',
    method: 'get',
    route: 'traces',
    tag: 'Traces',
    summary: 'Fetch traced calls',
    description:
      'Calls to Qualys with the first 2 KB of both bodies, without secrets, as many as `QUALYS_TRACE` says. They hold data of yours. The audit log notes who asks.',
    answers: { 200: { description: 'Traces.', schema: traceList } },
    problems: [...SERVICE_PROBLEMS],
    connector: 'none',
  },
  {
    operationId: 'clearTraces',
    method: 'delete',
    route: 'traces',
    tag: 'Traces',
    summary: 'Delete traced calls',
    description: 'Deletes all traces, so that as many calls are traced again.',
    answers: { 200: { description: 'How many there were.', schema: clearedTraces } },
    problems: [...SERVICE_PROBLEMS],
    connector: 'none',
  },
];
