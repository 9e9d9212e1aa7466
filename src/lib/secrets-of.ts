import type { Settings } from './config.ts';
import { SECRET_SETTINGS } from './setting-rules.ts';

/** What the settings hold that must not be shown: secrets, the keys in connection strings, and the password of a proxy. */
export function secretsOf(settings: Settings): string[] {
  const values = Object.entries(settings).flatMap(([name, value]) =>
    SECRET_SETTINGS.has(name) && typeof value === 'string' ? [value] : [],
  );
  const keys = [...values, settings.APPLICATIONINSIGHTS_CONNECTION_STRING ?? ''].flatMap((value) =>
    [...value.matchAll(/(?:AccountKey|SharedAccessSignature|InstrumentationKey)=([^;]+)/g)].map(([, key = '']) => key),
  );
  return [...values, ...keys, ...passwordOf(settings.HTTPS_PROXY)];
}

/** As it stands in the address, and as it is sent. */
function passwordOf(proxy: string | undefined): string[] {
  const password = proxy === undefined ? '' : new URL(proxy).password;
  return password === '' ? [] : [password, decodeURIComponent(password)];
}
