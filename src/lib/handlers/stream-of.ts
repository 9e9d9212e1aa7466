import type { HttpRequest } from '@azure/functions';
import { ProblemError } from '../http/problem.ts';
import { STREAMS } from '../streams/index.ts';

/** The stream that the path names. @throws ProblemError where there is none of that name. */
export function streamOf(request: HttpRequest): string {
  const { stream = '' } = request.params;
  if (STREAMS.some(({ name }) => name === stream)) return stream;
  const names = STREAMS.map(({ name }) => name).join(', ');
  throw new ProblemError(404, `there is no stream ${JSON.stringify(stream.slice(0, 64))}; there are ${names}`);
}
