import type { HttpHandler } from '@azure/functions';
import { withCaller, type Access } from '../caller.ts';
import { admit } from '../http/admit.ts';
import { handle } from '../http/handle.ts';

/** A handler that runs for callers who signed in and have the role for it. */
export function onlyFor(access: Access, run: HttpHandler): HttpHandler {
  return handle(async (request, context) => {
    const caller = admit(access, (name) => request.headers.get(name) ?? undefined);
    return withCaller(caller, () => run(request, context));
  });
}
