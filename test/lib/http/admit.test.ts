import { afterEach, describe, expect, test, vi } from 'vitest';
import { admit } from '../../../src/lib/http/admit.ts';
import { ProblemError } from '../../../src/lib/http/problem.ts';
import type { Access } from '../../../src/lib/caller.ts';
import { principalOf } from '../../support/play-platform.ts';

const MAPPED = 'http://schemas.microsoft.com/ws/2008/06/identity/claims/role';

afterEach(() => vi.unstubAllEnvs());

function ask(access: Access, headers: Readonly<Record<string, string>>, isOn: string | undefined = 'True') {
  vi.stubEnv('WEBSITE_AUTH_ENABLED', isOn);
  try {
    return admit(access, (name) => headers[name]);
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    return `${error.status} ${error.message}`;
  }
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64');
const withRoles = (...roles: string[]) => ({
  'x-ms-client-principal': principalOf({ roles }),
  'x-ms-client-principal-name': 'ada@example.com',
});

describe('a caller who signed in', () => {
  test('is known by name and object id', () => {
    expect(ask('operate', withRoles('Operate'))).toEqual({ name: 'ada@example.com', id: 'object-1' });
  });

  test.each([
    ['read', ['Read'], true],
    ['read', ['Operate'], true],
    ['operate', ['Operate', 'Read'], true],
    ['operate', ['Read'], false],
    ['read', ['read', 'Reader', 'OPERATE'], false],
    ['read', [], false],
  ] as const)('may %s with the roles %j: %s', (access, roles, isAllowed) => {
    const outcome = ask(access, withRoles(...roles));
    if (isAllowed) expect(outcome).toMatchObject({ name: 'ada@example.com' });
    else
      expect(outcome).toMatch(/^403 ada@example\.com needs the app role .*Operate, and has (none|Read|read, Reader)/);
  });

  test('has the same roles where the platform maps the names of claims', () => {
    const header = { 'x-ms-client-principal': principalOf({ roles: ['Read'] }, MAPPED) };
    expect(ask('read', header)).toEqual({ name: 'object-1', id: 'object-1' });
  });

  test('has no role by a claim of another name', () => {
    expect(ask('read', { 'x-ms-client-principal': principalOf({ roles: ['Operate'] }, 'groups') })).toMatch(/^403 /);
  });

  test('is named by the client id where it is an app', () => {
    const claims = [
      { typ: 'azp', val: 'client-7' },
      { typ: 'roles', val: 'Read' },
    ];
    expect(ask('read', { 'x-ms-client-principal': encode({ claims }) })).toEqual({ name: 'client-7', id: 'unknown' });
  });
});

describe('a browser', () => {
  test.each([
    ['operate', 'cross-site', false],
    ['operate', 'same-site', false],
    ['operate', 'same-origin', true],
    ['read', 'cross-site', false],
    ['read', 'same-origin', true],
    ['read', 'none', true],
  ] as const)('may %s for a page that is %s: %s', (access, site, isAllowed) => {
    const outcome = ask(access, { ...withRoles('Operate'), 'sec-fetch-site': site });
    if (isAllowed) expect(outcome).toMatchObject({ name: 'ada@example.com' });
    else expect(outcome).toMatch(/^403 the page of another site/);
  });
});

describe('nobody is let in', () => {
  test.each([
    ['no header', {}],
    ['a blank one', { 'x-ms-client-principal': '' }],
    ['what is no Base64', { 'x-ms-client-principal': '%%%' }],
    ['what is no JSON', { 'x-ms-client-principal': Buffer.from('{').toString('base64') }],
    ['another form', { 'x-ms-client-principal': encode({ userRoles: ['Operate'] }) }],
    ['two headers in one', { 'x-ms-client-principal': `${principalOf({ roles: ['Operate'] })}, x` }],
    ['a name alone', { 'x-ms-client-principal-name': 'ada@example.com' }],
  ])('by %s, and is told to sign in', (_, headers) => {
    expect(ask('read', headers)).toMatch(/^401 sign in with Entra ID: .*Bearer/);
  });

  test.each([[undefined], [''], ['False'], ['0'], ['truely']])(
    'while the platform says %j of its authentication, whatever the header says',
    (isOn) => {
      vi.stubEnv('WEBSITE_AUTH_ENABLED', isOn);
      expect(() => admit('read', (name) => withRoles('Operate')[name as 'x-ms-client-principal'])).toThrow(
        /authentication of the function app is off \(WEBSITE_AUTH_ENABLED is not true\), so nobody is let in/,
      );
    },
  );
});
