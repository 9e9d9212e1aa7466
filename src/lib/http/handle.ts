import type { HttpHandler, HttpResponseInit } from '@azure/functions';
import { withLogTarget } from '../log.ts';
import { toProblem } from './problem.ts';

/** Makes an HTTP handler whose failures are problems, and whose log lines go to the invocation. */
export function handle(run: HttpHandler): HttpHandler {
  return (request, context) =>
    withLogTarget(context, async () => {
      try {
        return await run(request, context);
      } catch (error) {
        return toProblem(error, context.functionName);
      }
    });
}

/** Answers JSON that no cache keeps. */
export function json(body: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): HttpResponseInit {
  return {
    status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers },
    body: JSON.stringify(body),
  };
}
