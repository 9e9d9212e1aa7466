import { describe, expect, test } from 'vitest';
import { eventsQuery } from '../../../src/lib/http/edr-query.ts';
import { checkInput } from '../../../src/lib/http/read-request.ts';
import { backfillBody, edrPingBody, operateQuery, windowsQuery } from '../../../src/lib/http/requests.ts';

describe('input that is refused', () => {
  test.for([
    ['a field that is missing', {}, backfillBody, 'stream: must be given: a text; from: must be given'],
    ['a field of another kind', { stream: 'x', from: 1, to: 'y' }, backfillBody, 'from: must be a text'],
    ['a list that is missing', { case_id: '1' }, edrPingBody, 'alert_group_identifiers: must be given: a list'],
    ['no object', [], backfillBody, 'input: must be a JSON object'],
    ['an unknown name', { foo: '1' }, windowsQuery, 'input: there is no "foo"; there are also hours, run, state'],
    [
      'an unknown name of a checked whole',
      { foo: '1' },
      eventsQuery,
      'there is no "foo"; there are also fromDate, toDate',
    ],
    ['a text too long', { reason: 'x'.repeat(501) }, operateQuery, 'reason: must have at most 500 characters'],
    ['a text too short', { case_id: '', alert_group_identifiers: [] }, edrPingBody, 'at least 1 characters'],
  ] as const)('for %s says which and what is allowed', ([, value, schema, message]) => {
    expect(() => checkInput(value, schema, 'input')).toThrow(message);
  });
});
