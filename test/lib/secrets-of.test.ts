import { expect, test } from 'vitest';
import { parseSettings } from '../../src/lib/config.ts';
import { secretsOf } from '../../src/lib/secrets-of.ts';
import { LEAST_SETTINGS } from '../support/settings.ts';

test('the address of a proxy is a secret, and its password in both forms', () => {
  const found = secretsOf(parseSettings({ ...LEAST_SETTINGS, HTTPS_PROXY: 'http://app:pa%40ss@proxy.example:8080' }));
  for (const secret of ['http://app:pa%40ss@proxy.example:8080', 'pa%40ss', 'pa@ss']) expect(found).toContain(secret);
  expect(secretsOf(parseSettings({ ...LEAST_SETTINGS, HTTPS_PROXY: 'http://proxy.example:8080' }))).not.toContain('');
});

test('keys in connection strings are secrets, too', () => {
  const found = secretsOf(
    parseSettings({ ...LEAST_SETTINGS, AzureWebJobsStorage: 'AccountName=a;AccountKey=the-key;X=y' }),
  );
  expect(found).toContain('the-key');
});
