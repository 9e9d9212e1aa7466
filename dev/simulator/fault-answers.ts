import { htmlAnswer, type Answer } from './exchange.ts';
import { findFault } from './faults.ts';
import { genericReturn, simpleReturn } from './vm-answers.ts';
import type { Visit } from './world.ts';

function statusAnswer(
  visit: Visit,
  family: { fail: (status: number, message: string, visit: Visit) => Answer },
): Answer | undefined {
  const fault = findFault(visit.faults, 'status');
  if (fault === undefined) return undefined;
  const answer =
    fault.body === undefined
      ? family.fail(fault.status, 'simulated fault', visit)
      : { status: fault.status, headers: { 'content-type': fault.contentType ?? 'text/plain' }, body: fault.body };
  return { ...answer, status: fault.status, headers: { ...answer.headers, ...fault.headers } };
}

function vendorAnswer({ faults, world }: Visit): Answer | undefined {
  const now = world.clock.now();
  const simple = findFault(faults, 'simple-return');
  if (simple !== undefined) {
    const { code, text = 'simulated fault', status, items, headers } = simple;
    return simpleReturn(now, code, text, {
      ...(status === undefined ? {} : { status }),
      ...(items === undefined ? {} : { items }),
      ...(headers === undefined ? {} : { headers }),
    });
  }
  const generic = findFault(faults, 'generic-return');
  return generic === undefined ? undefined : genericReturn(now, generic.status);
}

function foreignAnswer({ faults }: Visit): Answer | undefined {
  const html = findFault(faults, 'html');
  if (html !== undefined) return htmlAnswer(html.status ?? 200, 'Service temporarily unavailable');
  const redirect = findFault(faults, 'redirect');
  if (redirect !== undefined) {
    return { status: redirect.status ?? 302, headers: { location: redirect.location }, body: '' };
  }
  const empty = findFault(faults, 'empty-body');
  return empty === undefined ? undefined : { status: empty.status ?? 200, body: '' };
}

/** The answer that a fault puts in place of the real one, if any does. */
export function faultAnswer(
  visit: Visit,
  family: { fail: (status: number, message: string, visit: Visit) => Answer },
): Answer | undefined {
  return statusAnswer(visit, family) ?? vendorAnswer(visit) ?? foreignAnswer(visit);
}
