import { describe, expect, test } from 'vitest';
import { ConfigError, RetryableError } from '../../../src/lib/errors.ts';
import { tokenAuth } from '../../../src/lib/qualys/login/api-auth.ts';
import { createEdrApi, type EdrApi } from '../../../src/lib/qualys/edr/edr-api.ts';
import { probeEdr, probeList, probePages, probeVm } from '../../../src/lib/qualys/probes.ts';
import type { VmApi } from '../../../src/lib/qualys/vm/vm-api.ts';
import { hostListOf } from '../../../src/lib/qualys/vm/vm-targets.ts';
import { type Answerer, callDeps, serve } from './local-server.ts';

async function edrAgainst(answer: Answerer): Promise<{ api: EdrApi; arrived: { url: string }[] }> {
  const { url, arrived } = await serve(answer);
  const auth = tokenAuth({ token: () => Promise.resolve('t.t.t'), invalidate: () => undefined });
  return { api: createEdrApi({ ...callDeps(), baseUrl: url, auth }), arrived };
}

describe('probeEdr', () => {
  test.each([
    ['[{"id":"x"}]', 'read one event'],
    ['[]', 'no event'],
    ['', 'no event'],
  ])('%j passes', async (body, words) => {
    const { api, arrived } = await edrAgainst((_, response) => void response.end(body));
    expect(await probeEdr(api, { state: false })).toContain(words);
    expect(arrived[0]?.url).toBe('/ioc/events?state=false&pageNumber=0&pageSize=1');
  });

  test.each([
    [401, 'who are you'],
    [403, 'no EDR rights'],
  ])('HTTP %i fails with its reason', async (status, words) => {
    const { api } = await edrAgainst(
      (_, response) => void response.writeHead(status).end(JSON.stringify({ message: words })),
    );
    await expect(probeEdr(api)).rejects.toThrow(words);
    await expect(probeEdr(api)).rejects.toBeInstanceOf(ConfigError);
  });

  test.each(['{"message":"not a list"}', '<html><title>Console</title></html>', 'words'])('%j fails', async (body) => {
    const { api } = await edrAgainst((_, response) => void response.end(body));
    await expect(probeEdr(api)).rejects.toThrow(
      /without a list of events: (not a list|words)|a web page titled "Console"/,
    );
  });

  test.each(['[{"user":"somebody"', ' {"user":"somebody"'])('of the cut page %j nothing is told', async (body) => {
    const { api } = await edrAgainst((_, response) => void response.end(body));
    await expect(probeEdr(api)).rejects.toThrow(/without a list of events$/);
  });

  test('ends by its limit', async () => {
    const { api } = await edrAgainst(() => undefined);
    const error = await probeEdr(api, {}, 50).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RetryableError);
    expect((error as Error).message).toContain('did not answer within 0.05 s');
  });
});

test('what finds out whether a route answers tells nothing of a page that is cut', async () => {
  const { api } = await edrAgainst((_, response) => void response.end('[{"user":"somebody"'));
  const pages = { route: 'edr/incidents', path: '/ioc/incidents/searchAfter' } as const;
  await expect(api.probe(pages, '', { priority: 'live' })).rejects.toThrow(/answered without a list of records$/);
});

describe('probePages', () => {
  const pages = { route: 'edr/incidents', path: '/ioc/incidents/searchAfter' } as const;

  test('reads one record with the filter of the windows', async () => {
    const { api, arrived } = await edrAgainst((_, response) => void response.end('[{"id":"x"}]'));
    expect(await probePages(api, pages, 'incident', 'incident.updatedon: ["a" .. "b"]')).toBe(
      'logged in and read one incident',
    );
    expect(arrived[0]?.url).toContain('/ioc/incidents/searchAfter?filter=incident.updatedon%3A%20%5B%22a%22');
  });

  test('fails where something else comes', async () => {
    const { api } = await edrAgainst((_, response) => void response.end('{"message":"not licensed"}'));
    await expect(probePages(api, pages, 'incident', '')).rejects.toThrow('without a list of incidents: not licensed');
  });
});

describe('probeList', () => {
  const hosts = hostListOf({ VM_API_VERSION: '5.0' });
  const answer = (text: string): VmApi =>
    ({
      listPage: () => Promise.resolve({ status: 200, headers: new Headers(), text: () => Promise.resolve(text) }),
      documentError: (said: string) => Promise.resolve(new ConfigError(said)),
    }) as unknown as VmApi;

  test('passes where the list comes, also without records', async () => {
    const page = '<?xml version="1.0"?><HOST_LIST_OUTPUT><RESPONSE/></HOST_LIST_OUTPUT>';
    expect(await probeList(answer(page), hosts, 'details=All')).toBe('the list may be read');
  });

  test.each(['<SIMPLE_RETURN/>', '<html/>', ''])('fails where %j comes instead', async (page) => {
    await expect(probeList(answer(page), hosts, 'details=All')).rejects.toBeInstanceOf(ConfigError);
  });
});

describe('probeVm', () => {
  const vm = (about: VmApi['about']): VmApi => ({ about }) as VmApi;

  test('names the version, when there is one', async () => {
    expect(await probeVm(vm(() => Promise.resolve({ web: '10.1' })))).toBe('credentials accepted by version 10.1');
    expect(await probeVm(vm(() => Promise.resolve({})))).toBe('credentials accepted');
  });

  test('asks interactively and passes the reason of a failure on', async () => {
    const asked: string[] = [];
    const refuse: VmApi['about'] = ({ priority }) => {
      asked.push(priority);
      return Promise.reject(new ConfigError('refused'));
    };
    await expect(probeVm(vm(refuse))).rejects.toThrow('refused');
    expect(asked).toEqual(['interactive']);
  });
});
