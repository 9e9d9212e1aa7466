import { settingsSchema } from '../../src/lib/config.ts';
import { file, readTables, type InfraFiles, type TableFile } from './infra-files.ts';
import { readDeclaration, readKeys } from './read-bicep.ts';

/** Settings of the platform and its libraries, which the app's own schema need not know. */
const PLATFORM_SETTINGS: ReadonlySet<string> = new Set([
  'APPLICATIONINSIGHTS_AUTHENTICATION_STRING',
  'APPLICATIONINSIGHTS_CONNECTION_STRING',
  'AZURE_CLIENT_ID',
  'AzureWebJobsStorage__credential',
  'MALLOC_MMAP_THRESHOLD_',
  'SECRET_VERSIONS',
]);

/** By identity the host needs all three services: leases in blobs, work in queues, state in tables. */
const STORAGE_SETTINGS = ['blobServiceUri', 'queueServiceUri', 'tableServiceUri', 'clientId'].map(
  (suffix) => `AzureWebJobsStorage__${suffix}`,
);

/** Refused or ignored by Flex Consumption. */
const REFUSED_SETTING = /^(FUNCTIONS_|WEBSITE_|SCM_|ENABLE_ORYX)/;

/** Settings of the schema that Bicep has no description for; they can be given all the same. */
export function listUndescribedSettings(files: InfraFiles): string[] {
  const known = new Set([
    ...describedSettings(files),
    ...fixedSettings(files),
    ...optionalSettings(files),
    ...scheduleSettings(readTables(files)),
  ]);
  return Object.keys(settingsSchema.shape).filter(
    (name) => !known.has(name) && !name.startsWith('AzureWebJobsStorage'),
  );
}

function describedSettings(files: InfraFiles): string[] {
  return readKeys(readDeclaration(file(files, 'infra/settings.bicep'), 'type connectorSettings'));
}

function fixedSettings(files: InfraFiles): string[] {
  return readKeys(readDeclaration(file(files, 'infra/modules/function-app.bicep'), 'var fixedSettings'));
}

/** Settings that Bicep makes of its own parameters where they are given. */
function optionalSettings(files: InfraFiles): string[] {
  return readKeys(readDeclaration(file(files, 'infra/modules/function-app.bicep'), 'var optionalSettings'));
}

function scheduleSettings(tables: readonly TableFile[]): string[] {
  return tables.map(({ schedule }) => schedule.setting);
}

/** Whether the app gets every setting it requires, and none that its schema or the plan does not take. */
export function checkSettings(files: InfraFiles, tables: readonly TableFile[]): string[] {
  const shape: Record<string, { safeParse: (value: unknown) => { success: boolean } }> = settingsSchema.shape;
  const fixed = fixedSettings(files);
  const described = describedSettings(files);
  const inBicep = [...fixed, ...optionalSettings(files), ...described, ...scheduleSettings(tables)];
  const required = Object.keys(shape).filter((name) => shape[name]?.safeParse(undefined).success === false);
  const schedules = Object.keys(shape).filter((name) => name.endsWith('_SCHEDULE'));
  return [
    ...inBicep
      .filter((name) => shape[name] === undefined && !PLATFORM_SETTINGS.has(name))
      .map((name) => `Bicep sets ${name}, which the settings schema does not know`),
    ...inBicep.filter((name) => REFUSED_SETTING.test(name)).map((name) => `Flex Consumption refuses ${name}`),
    ...[...required, ...STORAGE_SETTINGS]
      .filter((name) => !fixed.includes(name))
      .map((name) => `Bicep does not set ${name}, which the app requires`),
    ...schedules
      .filter((name) => !scheduleSettings(tables).includes(name))
      .map((name) => `no file in infra/tables names ${name} as its schedule, so the timer has none`),
    ...checkDefaults(files, tables),
    ...checkParameters(files, described),
  ];
}

/** Defaults that Bicep has to repeat, because the host or the alerts need them. */
function checkDefaults(files: InfraFiles, tables: readonly TableFile[]): string[] {
  const defaults = settingsSchema.partial().parse({}) as Record<string, unknown>;
  const problems = tables
    .filter(
      ({ schedule }) => defaults[schedule.setting] !== undefined && schedule.default !== defaults[schedule.setting],
    )
    .map(({ name, schedule }) => `${name}: the default of ${schedule.setting} differs from the app's`);
  const streams = /^var defaultStreams = '([^']*)'/m.exec(file(files, 'infra/streams.bicep'))?.[1];
  if (streams !== String(defaults.QUALYS_STREAMS)) {
    problems.push(`infra/streams.bicep: defaultStreams differs from the app's ${String(defaults.QUALYS_STREAMS)}`);
  }
  if (
    !/QUALYS_PASSWORD: empty\(qualysUsername\) \? '' : '@Microsoft\.KeyVault\(SecretUri=\$\{\w+\}\)'/.test(
      file(files, 'infra/modules/function-app.bicep'),
    )
  ) {
    problems.push('QUALYS_PASSWORD is not a Key Vault reference');
  }
  return problems;
}

function checkParameters(files: InfraFiles, described: readonly string[]): string[] {
  const { parameters } = JSON.parse(file(files, 'infra/main.parameters.json')) as {
    parameters: Record<string, { value: unknown } | undefined>;
  };
  const given = Object.keys(parameters.settings?.value ?? {});
  const declared = [...file(files, 'infra/main.bicep').matchAll(/^param (\w+) /gm)].map((match) => match[1]);
  return [
    ...described
      .filter((name) => !given.includes(name))
      .map((name) => `infra/main.parameters.json does not pass ${name} on`),
    ...given
      .filter((name) => !described.includes(name))
      .map((name) => `infra/main.parameters.json has an unknown setting ${name}`),
    ...Object.keys(parameters)
      .filter((name) => !declared.includes(name))
      .map((name) => `infra/main.parameters.json has a parameter ${name} that infra/main.bicep does not have`),
  ];
}
