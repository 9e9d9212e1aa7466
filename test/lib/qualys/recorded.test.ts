import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ConfigError, type ConnectorError, FatalError } from '../../../src/lib/errors.ts';
import { classifyAnswer, classifyDocument } from '../../../src/lib/qualys/refusals/classify-answer.ts';
import { readIdSet } from '../../../src/lib/qualys/vm/read-id-set.ts';
import { readLimitHeaders } from '../../../src/lib/qualys/call/read-limit-headers.ts';

/** Answers recorded from the vendor, kept beside the repository. */
const FOLDER = resolve(import.meta.dirname, '../../../../shared/fixtures/qualys-vm');
const isMissing = !existsSync(FOLDER);

function recorded(name: string): { status: number; headers: Headers; body: string } {
  const { response } = JSON.parse(readFileSync(resolve(FOLDER, `${name}.meta.json`), 'utf8')) as {
    response: { status: number; headers: Record<string, string> };
  };
  const body = readFileSync(resolve(FOLDER, `${name}.xml`), 'utf8');
  return { status: response.status, headers: new Headers(response.headers), body };
}

// eslint-disable-next-line @typescript-eslint/require-await
async function* stream(body: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(body);
}

describe.skipIf(isMissing)('recorded answers', () => {
  test.each([
    'host-detections-1',
    'host-detections-2',
    'host-detections-unknown-id',
    'host-ids',
    'host-ids-none',
    'knowledge-base',
    'verify-authentication',
  ])('%s is good', (name) => {
    expect(classifyAnswer(recorded(name))).toBe('ok');
  });

  test('a bad id is refused with the words of the vendor', () => {
    const found = classifyAnswer(recorded('host-detections-bad-id'));
    expect(found).toBeInstanceOf(FatalError);
    expect((found as FatalError).fault).toEqual({ status: 400, code: '1905' });
    expect((found as FatalError).message).toContain('abc123');
  });

  test('an expired account with HTTP 200 is a configuration error', () => {
    const { body, status, headers } = recorded('verify-authentication-expired');
    for (const found of [classifyAnswer({ body, status, headers }), classifyDocument(body, status, headers)]) {
      expect(found).toBeInstanceOf(ConfigError);
      expect((found as ConnectorError).message).toContain('This account has expired.');
    }
  });

  test('limit headers are read', () => {
    expect(readLimitHeaders(recorded('host-ids').headers)).toEqual({
      rateLimit: 300,
      rateWindowSeconds: 3600,
      rateRemaining: 295,
      concurrencyLimit: 2,
      concurrencyRunning: 0,
    });
  });

  test('host ids are read', async () => {
    expect(await readIdSet(stream(recorded('host-ids').body), 'HOST_LIST_OUTPUT')).toEqual({
      ranges: [{ first: 107800671n, last: 107800671n }],
    });
    expect(await readIdSet(stream(recorded('host-ids-none').body), 'HOST_LIST_OUTPUT')).toEqual({ ranges: [] });
  });
});
