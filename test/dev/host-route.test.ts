import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodePath, decodeSegment } from '../../dev/host/decode-path.ts';
import { compileRoute } from '../../dev/host/route.ts';

function match(template: string, path: string): Record<string, string> | undefined {
  return compileRoute(template).match(decodePath(path)!);
}

describe('a route template', () => {
  test.each([
    ['api/ping', '/api/ping', {}],
    ['api/ping', '/API/Ping', {}],
    ['api/ping', '/api/ping/', {}],
    ['api/ping', '/api/ping?x=1', {}],
    ['api/ping', '/api/ping/more', undefined],
    ['api/ping', '/api', undefined],
    ['api/ping', '/api//ping', undefined],
    ['api/backfill/{id}', '/api/backfill/a1', { id: 'a1' }],
    ['api/backfill/{id}', '/api/backfill', undefined],
    ['api/backfill/{id}', '/api/backfill//', undefined],
    ['api/backfill/{id?}', '/api/backfill', {}],
    ['api/backfill/{id?}', '/api/backfill/a1', { id: 'a1' }],
    ['api/{a}/{b?}/{c?}', '/api/1/2', { a: '1', b: '2' }],
    ['api/events/{agentId}/{eventId}', '/api/events/a%20b/c+d', { agentId: 'a b', eventId: 'c+d' }],
    ['api/events/{agentId}/{eventId}', '/api/events/a', undefined],
    ['api/files/{*rest}', '/api/files/a/b/c', { rest: 'a/b/c' }],
    ['api/files/{**rest}', '/api/files', {}],
    ['api/{id:int}', '/api/12', { id: '12' }],
    ['api/{id:length(1,20)?}', '/api', {}],
    ['api/{page=1}', '/api', { page: '1' }],
    ['api/{page=1}', '/api/3', { page: '3' }],
    ['api/{name}.{kind}', '/api/report.json', { name: 'report', kind: 'json' }],
    ['api/v{major}', '/api/v2', { major: '2' }],
    ['a.c/{id}', '/abc/1', undefined],
  ])('%s against %s gives %j', (template, path, expected) => {
    expect(match(template, path)).toEqual(expected);
  });

  test.each(['api/{', 'api/{}', 'api/{*rest}/more'])('%s is refused by name', (template) => {
    expect(() => compileRoute(template)).toThrow(template);
  });

  test('a parameter gets back any text that was encoded as one segment, but for a slash', () => {
    const text = fc
      .string({ unit: 'grapheme', minLength: 1 })
      .filter((value) => !/[/\0]/.test(value) && !/^\.+$/.test(value));
    fc.assert(
      fc.property(text, (value) => {
        expect(match('api/{id}/end', `/api/${encodeURIComponent(value)}/end`)).toEqual({ id: value });
      }),
    );
  });
});

describe('a path', () => {
  test('keeps an encoded slash inside its segment, as it was written', () => {
    expect(match('api/{id}', '/api/a%2Fb%2fc%20d')).toEqual({ id: 'a%2Fb%2fc d' });
  });

  test('keeps what is no UTF-8', () => {
    expect(decodeSegment('%ff%41')).toBe('%ff%41');
    expect(decodeSegment('100%')).toBe('100%');
  });

  test('loses dot segments, encoded or not', () => {
    expect(decodePath('/api/x/%2e%2e/./ping')).toEqual(['api', 'ping']);
  });

  test('is refused with a NUL or without a leading slash', () => {
    expect(decodePath('/api/%00')).toBeUndefined();
    expect(decodePath('*')).toBeUndefined();
  });
});
