import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readDeclaration, readKeys } from '../../scripts/infra-checks/read-bicep.ts';
import { parseSettings, SETTING_NAMES } from '../../src/lib/config.ts';
import { findMistakenNames } from '../../src/lib/mistaken-names.ts';
import { LEAST_SETTINGS } from '../support/settings.ts';

const find = (...names: readonly string[]): string[] =>
  findMistakenNames(Object.fromEntries(names.map((name) => [name, 'some-value'])), SETTING_NAMES);

describe('a name that is no setting', () => {
  test.for([
    ['QUALYS_MAX_CONCURENCY', 'QUALYS_MAX_CONCURRENCY'],
    ['QUALYS_STREAM', 'QUALYS_STREAMS'],
    ['QUALYS_USER', 'QUALYS_USERNAME'],
    ['EDR_SHCEDULE', 'EDR_SCHEDULE'],
    ['VM_SHEDULE', 'VM_SCHEDULE'],
    ['VM_SEVERITY', 'VM_SEVERITIES'],
    ['VM_INGESTION', 'VM_INGEST'],
    ['ALERT_MIN_SCORES', 'ALERT_MIN_SCORE'],
    ['edr_start', 'EDR_START'],
    ['STALE_WINDOWS_SECOND', 'STALE_WINDOW_SECONDS'],
    ['OTEL_EXPORTER_OTLP_ENDPIONT', 'OTEL_EXPORTER_OTLP_ENDPOINT'],
  ] as const)('%s is told with the nearest one, %s, and without its value', ([name, nearest]) => {
    expect(find(name)).toEqual([`${name} is no setting of the connector and is ignored; the nearest is ${nearest}`]);
  });

  test('is told without one where it is like none but begins as ours do', () => {
    expect(find('QUALYS_LOOK_INTO_THE_FUTURE')).toEqual([
      'QUALYS_LOOK_INTO_THE_FUTURE is no setting of the connector and is ignored',
    ]);
  });

  test.for([
    ['of the platform', 'WEBSITE_SITE_NAME', 'WEBSITE_RUN_FROM_PACKAGE', 'FUNCTIONS_WORKER_RUNTIME', 'FUNCTIONS_KEY'],
    ['of proxies', 'HTTP_PROXY', 'http_proxy', 'https_proxy', 'all_proxy', 'no_proxy'],
    ['of the host', 'AzureWebJobsStorage__credential', 'AzureWebJobsStorag', 'AzureFunctionsJobHost__logging__x'],
    ['of Application Insights', 'APPLICATIONINSIGHTS_CONNECTION_STRINGS', 'APPINSIGHTS_INSTRUMENTATIONKEY'],
    ['of copies that the platform makes', 'APPSETTING_QUALYS_STREAMS', 'AZURE_CLIENT_ID', 'IDENTITY_ENDPOINT'],
    [
      'of the local parts and of shells',
      'SIMULATOR_EVENTS',
      'PORT',
      'PATH',
      'VM_NAME',
      'KB_ID',
      'ALERT_EMAIL',
      'LOGS_DIR',
    ],
    ['of OpenTelemetry', 'OTEL_EXPORTER_OTLP_HEADERS', 'OTEL_SERVICE_NAME', 'OTEL_EXPORTER_OTLP_LOGS_ENDPOINT'],
  ] as const)('%s is nobody\u2019s mistake', ([, ...names]) => {
    expect(find(...names)).toEqual([]);
  });

  test('is not looked at while it is blank', () => {
    expect(findMistakenNames({ QUALYS_STREAM: ' ' }, SETTING_NAMES)).toEqual([]);
  });

  test('reminds of no name that is known and is no setting', () => {
    const find = (name: string) => findMistakenNames({ [name]: 'x' }, SETTING_NAMES, ['FUNCTION_APP_URL']);
    expect([find('FUNCTION_APP_URL'), find('FUNCTION_APP_ID')]).toEqual([[], []]);
  });

  test('is a warning of the settings, and stops nothing', () => {
    const { warnings, mistakes } = parseSettings({ ...LEAST_SETTINGS, QUALYS_MAX_CONCURENCY: '9', EDR_RECORD: 'none' });
    expect(mistakes).toEqual([expect.stringContaining('QUALYS_MAX_CONCURENCY')]);
    expect(warnings).toEqual([...mistakes, expect.stringContaining('EDR_RECORD is none')]);
  });
});

test('nothing that a deployment sets is a mistake', () => {
  const app = readFileSync(resolve(import.meta.dirname, '../../infra/modules/function-app.bicep'), 'utf8');
  const names = ['var fixedSettings', 'var optionalSettings'].flatMap((name) => readKeys(readDeclaration(app, name)));
  expect(names.length).toBeGreaterThan(10);
  expect(find(...names)).toEqual([]);
});
