import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ConfigError, OutageError, RetryableError, WaitError } from '../../../../src/lib/errors.ts';
import { basicAuth } from '../../../../src/lib/qualys/login/api-auth.ts';
import type { CallOptions } from '../../../../src/lib/qualys/call/call-qualys.ts';
import { createCredentials } from '../../../../src/lib/qualys/login/credentials.ts';
import { createVmApi } from '../../../../src/lib/qualys/vm/vm-api.ts';
import type { VmSettings } from '../../../../src/lib/qualys/vm/vm-parameters.ts';
import { fixedSecret } from '../../../../src/lib/secret-value.ts';
import { createVmPageDecoder } from '../../../../src/lib/streams/vm-detections/decode-page.ts';
import { type Answerer, callDeps, serve } from '../local-server.ts';

const LIVE: CallOptions = { priority: 'live' };
const WINDOW = { from: '2026-01-31T12:00:00Z', to: '2026-01-31T13:00:00Z' };
const PASSWORD = 'pä:ss&w+rd';

const settings = (url: string, more: Partial<VmSettings> = {}): VmSettings => ({
  QUALYS_API_URL: url,
  VM_API_VERSION: '5.0',
  VM_TRUNCATION_LIMIT: 1000,
  VM_STATUS: ['New', 'Active', 'Fixed', 'Re-Opened'],
  VM_SEVERITIES: undefined,
  VM_RESULTS: Infinity,
  VM_SHOW_RESULTS: true,
  VM_SHOW_QDS: true,
  VM_SHOW_TAGS: false,
  VM_SHOW_IGS: false,
  VM_PARAMS: '',
  ...more,
});

async function apiAgainst(answer: Answerer, more: Partial<VmSettings> = {}) {
  const deps = callDeps();
  const server = await serve(answer);
  const auth = basicAuth(createCredentials('üser', fixedSecret(PASSWORD)));
  return { ...server, ...deps, api: createVmApi({ ...deps, auth, settings: settings(server.url, more) }) };
}

const reply =
  (body: string, status = 200): Answerer =>
  (_, response) =>
    void response.writeHead(status, { 'content-type': 'application/xml' }).end(body);

const refusal = (code: string, text: string): string =>
  `<?xml version="1.0"?><SIMPLE_RETURN><RESPONSE><CODE>${code}</CODE><TEXT>${text}</TEXT></RESPONSE></SIMPLE_RETURN>`;

const list = (ids: string, next?: string): string =>
  `<?xml version="1.0"?><HOST_LIST_OUTPUT><RESPONSE><DATETIME>2026-01-01T00:00:00Z</DATETIME><ID_SET>${ids}</ID_SET>${
    next === undefined
      ? ''
      : `<WARNING><CODE>1980</CODE><TEXT>cut</TEXT><URL><![CDATA[http://elsewhere.example/x?id_min=${next}]]></URL></WARNING>`
  }</RESPONSE></HOST_LIST_OUTPUT>`;

const formOf = (body: string | undefined): Record<string, string> => Object.fromEntries(new URLSearchParams(body));

describe('detections', () => {
  test('posts the form of the settings, one second wider on both sides', async () => {
    const { api, arrived } = await apiAgainst(reply('<X/>'));
    await (await api.detections(WINDOW, LIVE)).text(100);
    expect(arrived[0]).toMatchObject({ method: 'POST', url: '/api/5.0/fo/asset/host/vm/detection/' });
    expect(formOf(arrived[0]?.body)).toEqual({
      action: 'list',
      truncation_limit: '1000',
      status: 'New,Active,Fixed,Re-Opened',
      show_results: '1',
      show_qds: '1',
      show_tags: '0',
      show_igs: '0',
      vm_processed_after: '2026-01-31T11:59:59Z',
      vm_processed_before: '2026-01-31T13:00:01Z',
    });
    const headers = arrived[0]?.headers ?? {};
    expect(headers.authorization).toBe(`Basic ${Buffer.from(`üser:${PASSWORD}`, 'utf8').toString('base64')}`);
    expect(headers['x-requested-with']).toBeTruthy();
    expect(headers['content-type']).toMatch(/^application\/x-www-form-urlencoded/);
  });

  test.each([
    [Infinity, true, '1'],
    [2000, true, '1'],
    [0, true, '0'],
    [Infinity, false, '0'],
  ])('RESULTS are asked for where they are kept: %s, %s', async (VM_RESULTS, VM_SHOW_RESULTS, expected) => {
    const { api, arrived } = await apiAgainst(reply('<X/>'), { VM_RESULTS, VM_SHOW_RESULTS });
    await (await api.detections(WINDOW, LIVE)).text(100);
    expect(formOf(arrived[0]?.body).show_results).toBe(expected);
  });

  test('slices, page size and further parameters are sent, empty ones never', async () => {
    const { api, arrived } = await apiAgainst(reply('<X/>'), {
      VM_API_VERSION: '2.0',
      VM_SEVERITIES: '3-5',
      VM_PARAMS: 'show_tags=1&os_pattern=Win%20%26&action=delete&empty=',
      VM_SHOW_RESULTS: false,
    });
    await (
      await api.detections({ ...WINDOW, idMin: 9007199254740993n, idMax: undefined, truncationLimit: 20 }, LIVE)
    ).text(100);
    expect(arrived[0]?.url).toBe('/api/2.0/fo/asset/host/vm/detection/');
    const form = formOf(arrived[0]?.body);
    expect(form).toMatchObject({
      severities: '3-5',
      show_results: '0',
      show_tags: '1',
      os_pattern: 'Win &',
      action: 'list',
      id_min: '9007199254740993',
      truncation_limit: '20',
    });
    expect(Object.values(form)).not.toContain('');
    expect(form).not.toHaveProperty('id_max');
    expect(form).not.toHaveProperty('empty');
  });

  test('a time that is none is refused by name', async () => {
    const { api } = await apiAgainst(reply('<X/>'));
    await expect(api.detections({ ...WINDOW, to: 'soon' }, LIVE)).rejects.toThrow('to must be an ISO 8601 time');
  });
});

describe('a refusal with HTTP 200', () => {
  test('is recognised before anybody reads the body', async () => {
    const { api, limiter } = await apiAgainst(reply(refusal('1960', 'too many')));
    await expect(api.detections(WINDOW, LIVE)).rejects.toBeInstanceOf(WaitError);
    expect(limiter).toMatchObject({ held: 0, released: 1, pauses: [{ api: 'vm', milliseconds: 30_000 }] });
  });

  test('names neither user nor password', async () => {
    const { api } = await apiAgainst(reply(refusal('2000', `no üser with ${PASSWORD.replace('&', '&amp;')}`)));
    const error = await api.detections(WINDOW, LIVE).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as Error).message).toContain('no [redacted] with [redacted]');
  });
});

describe('documentError', () => {
  test('a wait in a document with HTTP 200 is shared', async () => {
    const { api, limiter } = await apiAgainst(reply('<X/>'));
    const error = await api.documentError(
      refusal('1965', 'later'),
      { status: 200, headers: new Headers() },
      { waits: 1 },
    );
    expect(error).toBeInstanceOf(WaitError);
    expect(limiter.pauses).toMatchObject([{ api: 'vm', milliseconds: 120_000 }]);
  });

  test('the password does not come through', async () => {
    const { api } = await apiAgainst(reply('<X/>'));
    const error = await api.documentError(`you sent ${PASSWORD}`, { status: 400, headers: new Headers() });
    expect(error.message).toContain('you sent');
    expect(error.message).not.toContain(PASSWORD);
  });
});

describe('however the vendor sends a document', () => {
  const PAGE = readFileSync(resolve(import.meta.dirname, '../../streams/vm-detections/fixtures/page-1.xml'));

  /** Sends the declaration, or what stands before it, as a part of its own. */
  const inParts =
    (body: Buffer, first: number): Answerer =>
    async (_, response) => {
      await new Promise((written) => response.writeHead(200).write(body.subarray(0, first), written));
      await new Promise((later) => setImmediate(later));
      response.end(body.subarray(first));
    };

  test.each([
    ['the declaration first', '', 38],
    ['one byte first', '', 1],
    ['a line before it', '\r\n', 2],
    ['a byte order mark before it', '\uFEFF', 2],
    ['white space and a byte order mark before it', '\n \uFEFF', 4],
  ])('its list and its pages are read: %s', async (_, before, first) => {
    const lists = await apiAgainst(inParts(Buffer.from(before + list('<ID>8</ID>')), first));
    expect(await lists.api.hostIds(WINDOW, LIVE)).toEqual([{ first: 8n, last: 8n }]);
    const { api } = await apiAgainst(inParts(Buffer.concat([Buffer.from(before), PAGE]), first));
    const decoder = createVmPageDecoder({ generatedAt: new Date() });
    for await (const bytes of (await api.detections(WINDOW, LIVE)).body) decoder.write(bytes);
    expect(decoder.end().end.records).toBeGreaterThan(0);
  });
});

describe('hostIds', () => {
  test('reads all pages and joins them, asking our own host', async () => {
    const { api, arrived } = await apiAgainst(({ body }, response) => {
      const idMin = formOf(body).id_min;
      response.end(
        idMin === undefined ? list('<ID>3</ID><ID_RANGE>5-7</ID_RANGE>', '8') : list('<ID>8</ID><ID>20</ID>'),
      );
    });
    expect(await api.hostIds(WINDOW, LIVE)).toEqual([
      { first: 3n, last: 3n },
      { first: 5n, last: 8n },
      { first: 20n, last: 20n },
    ]);
    expect(arrived.map(({ url }) => url)).toEqual(['/api/5.0/fo/asset/host/', '/api/5.0/fo/asset/host/']);
    expect(formOf(arrived[0]?.body)).toEqual({
      action: 'list',
      details: 'None',
      truncation_limit: '1000000',
      vm_processed_after: '2026-01-31T11:59:59Z',
      vm_processed_before: '2026-01-31T13:00:01Z',
    });
    expect(formOf(arrived[1]?.body)).toMatchObject({ id_min: '8' });
  });

  test('takes over what selects hosts, and nothing else', async () => {
    const VM_PARAMS = 'use_tags=1&tag_set_include=A%20B&show_cloud_tags=1&qids=5&ips=192.0.2.1-192.0.2.9';
    const { api, arrived } = await apiAgainst(reply(list('')), { VM_PARAMS });
    await api.hostIds(WINDOW, LIVE);
    const form = formOf(arrived[0]?.body);
    expect(form).toMatchObject({ use_tags: '1', tag_set_include: 'A B', ips: '192.0.2.1-192.0.2.9' });
    expect(Object.keys(form)).not.toEqual(expect.arrayContaining(['qids']));
    expect(Object.keys(form)).not.toEqual(expect.arrayContaining(['show_cloud_tags']));
  });

  test.each(['8', '7', '0'])('the same page or an earlier one (id_min %s) is an error, not a loop', async (next) => {
    const { api, arrived } = await apiAgainst((_, response) => void response.end(list('<ID>9</ID>', next)));
    await expect(api.hostIds({ ...WINDOW, idMin: 8n }, LIVE)).rejects.toThrow('does not move on');
    expect(arrived).toHaveLength(1);
  });

  test('an empty page with a next one is not the end', async () => {
    const { api } = await apiAgainst(({ body }, response) => {
      response.end(formOf(body).id_min === undefined ? list('', '8') : list('<ID>8</ID>'));
    });
    expect(await api.hostIds(WINDOW, LIVE)).toEqual([{ first: 8n, last: 8n }]);
  });

  test('a refusal with HTTP 200 is what it says', async () => {
    const { api, limiter } = await apiAgainst(reply(refusal('2001', 'This account has expired.')));
    await expect(api.hostIds(WINDOW, LIVE)).rejects.toThrow('This account has expired.');
    await expect(api.hostIds(WINDOW, LIVE)).rejects.toBeInstanceOf(ConfigError);
    expect(limiter).toMatchObject({ held: 0, released: 2 });
  });

  test.each(['', list('<ID>1</ID>').slice(0, -10)])('%j is tried again', async (body) => {
    const { api } = await apiAgainst(reply(body));
    await expect(api.hostIds(WINDOW, LIVE)).rejects.toBeInstanceOf(RetryableError);
  });

  test('a web page says that the route is out', async () => {
    const { api, limiter } = await apiAgainst(reply('<html><title>Down</title></html>'));
    await expect(api.hostIds(WINDOW, LIVE)).rejects.toBeInstanceOf(OutageError);
    expect(limiter.routes.told).toEqual(['vm/ids failed']);
  });
});

describe('about', () => {
  test('returns the versions named', async () => {
    const { api, arrived, limiter } = await apiAgainst(
      reply(
        '<?xml version="1.0"?><!DOCTYPE ABOUT SYSTEM "https://x.example/about.dtd"><ABOUT><API-VERSION MAJOR="1"/><WEB-VERSION> 10.1 </WEB-VERSION><SCANNER-VERSION>12.2</SCANNER-VERSION><VULNSIGS-VERSION>2.6</VULNSIGS-VERSION></ABOUT>',
      ),
    );
    expect(await api.about({ priority: 'interactive' })).toEqual({ web: '10.1', scanner: '12.2', signatures: '2.6' });
    expect(arrived[0]).toMatchObject({ method: 'GET', url: '/msp/about.php' });
    expect(arrived[0]?.headers['x-requested-with']).toBeTruthy();
    expect(limiter.acquired).toEqual([]);
  });

  test('a document that names none is good too', async () => {
    const { api } = await apiAgainst(reply('<ABOUT/>'));
    expect(await api.about(LIVE)).toEqual({});
  });

  test('bad credentials in an old-style document are a configuration error', async () => {
    const { api } = await apiAgainst(
      reply('<GENERIC_RETURN><RETURN status="FAILED" number="2000">Bad Login/Password</RETURN></GENERIC_RETURN>'),
    );
    await expect(api.about(LIVE)).rejects.toBeInstanceOf(ConfigError);
  });

  test.each(['', 'hello', '<html></html>', '<SIMPLE_RETURN><RESPONSE><TEXT>odd</TEXT></RESPONSE></SIMPLE_RETURN>'])(
    '%j is no answer',
    async (body) => {
      const { api } = await apiAgainst(reply(body));
      await expect(api.about({ priority: 'interactive' })).rejects.toBeInstanceOf(RetryableError);
    },
  );
});
