import { describe, expect, test } from 'vitest';
import { createCredentials } from '../../../../src/lib/qualys/login/credentials.ts';
import { concludeLogin, loginOf } from '../../../../src/lib/qualys/login/conclude-login.ts';
import { platformHint, platformOfUser } from '../../../../src/lib/qualys/platforms.ts';
import { ConfigError } from '../../../../src/lib/errors.ts';
import { fixedSecret } from '../../../../src/lib/secret-value.ts';
import { keptAccount } from '../../../support/account.ts';

describe('a user name', () => {
  test.each([
    ['acmec_ab', 'US1'],
    ['acmec2ab', 'US2'],
    ['acmec3ab1', 'US3'],
    ['acmec6ab', 'US4'],
    ['acmec-ab23', 'EU1'],
    ['acmec5ab', 'EU2'],
    ['acmecBab', 'EU3'],
    ['acmec8ab', 'IN1'],
    ['acmec9ab', 'CA1'],
    ['acmec7ab', 'AE1'],
    ['acmec1ab', 'UK1'],
    ['acmec4ab', 'AU1'],
    ['acmecAab', 'KSA1'],
  ])('%s looks like one of %s', (name, platform) => {
    expect(platformOfUser(name)).toBe(platform);
  });

  test.each(['qualys-reader', 'reader@acme.example', 'ab2cd', '', 'acmec2abc'])('%s tells no platform', (name) => {
    expect(platformOfUser(name)).toBeUndefined();
  });

  test('says so where the address is of another platform, API or gateway, and nothing where it fits or is unknown', () => {
    const hint = 'this user looks like one of US2, the address is of US1';
    expect(platformHint('acmec2ab', 'qualysapi.qualys.com')).toBe(hint);
    expect(platformHint('acmec2ab', 'gateway.qg1.apps.qualys.com')).toBe(hint);
    expect(platformHint('acmec2ab', 'qualysapi.qg2.apps.qualys.com')).toBeUndefined();
    expect(platformHint('acmec2ab', 'qualys.acme.example')).toBeUndefined();
    expect(platformHint('qualys-reader', 'qualysapi.qualys.com')).toBeUndefined();
  });
});

test('a refused login tells it', async () => {
  const credentials = createCredentials('acmec2ab', fixedSecret('secret'));
  const login = loginOf(credentials, await credentials.current());
  const turn = await keptAccount().enter('vm', login, { priority: 'live' });
  const refused = new ConfigError('Qualys refuses the account (HTTP 401)', { login: 'unclear', repair: 'account' });
  const told = await concludeLogin(turn, login, 'https://qualysapi.qualys.com/api/2.0/fo/', refused);
  expect(String(told)).toContain('this user looks like one of US2, the address is of US1');
});
