import type { HttpHandler } from '@azure/functions';
import { withCaller, type Access, type Caller } from '../caller.ts';
import { admit } from '../http/admit.ts';
import { toProblem } from '../http/problem.ts';

/** A handler that runs for callers who signed in and have the role for it. */
export function onlyFor(access: Access, run: HttpHandler): HttpHandler {
  return (request, context) => {
    let caller: Caller;
    try {
      caller = admit(access, (name) => request.headers.get(name) ?? undefined);
    } catch (error) {
      return toProblem(error, context.functionName);
    }
    return withCaller(caller, () => run(request, context));
  };
}
