import { settingsSchema } from '../../src/lib/config.ts';
import { file, type InfraFiles } from './infra-files.ts';
import { readDeclaration, readKeys } from './read-bicep.ts';

/** Settings of the platform and its libraries, which the app's own schema need not know. */
const PLATFORM_SETTINGS: ReadonlySet<string> = new Set([
  'APPLICATIONINSIGHTS_AUTHENTICATION_STRING',
  'APPLICATIONINSIGHTS_CONNECTION_STRING',
  'AZURE_CLIENT_ID',
  'AzureFunctionsJobHost__extensions__mcp__system__webhookAuthorizationLevel',
  'AzureWebJobsStorage__credential',
  'MALLOC_MMAP_THRESHOLD_',
  'OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID',
  'WEBSITE_AUTH_PRM_DEFAULT_WITH_SCOPES',
]);

/** By identity the host needs all three services: leases in blobs, work in queues, state in tables. */
const STORAGE_SETTINGS = ['blobServiceUri', 'queueServiceUri', 'tableServiceUri', 'clientId'].map(
  (suffix) => `AzureWebJobsStorage__${suffix}`,
);

/** Refused or ignored by Flex Consumption; what configures its authentication is neither (Microsoft: "Host an MCP server on Azure Functions"). */
const REFUSED_SETTING = /^(FUNCTIONS_|WEBSITE_(?!AUTH_PRM_)|SCM_|ENABLE_ORYX)/;

function fixedSettings(files: InfraFiles): string[] {
  return readKeys(readDeclaration(file(files, 'infra/modules/function-app.bicep'), 'var fixedSettings'));
}

/** Settings that Bicep makes of its own parameters where they are given. */
function optionalSettings(files: InfraFiles): string[] {
  return readKeys(readDeclaration(file(files, 'infra/modules/function-app.bicep'), 'var optionalSettings'));
}

/** Whether the app gets every setting it requires, and none that its schema or the plan does not take. */
export function checkSettings(files: InfraFiles): string[] {
  const shape: Record<string, { safeParse: (value: unknown) => { success: boolean } }> = settingsSchema.shape;
  const fixed = fixedSettings(files);
  const inBicep = [...fixed, ...optionalSettings(files)];
  const required = Object.keys(shape).filter((name) => shape[name]?.safeParse(undefined).success === false);
  const isInVault =
    /QUALYS_PASSWORD: empty\(qualysUsername\) \? '' : '@Microsoft\.KeyVault\(SecretUri=\$\{\w+\}\)'/.test(
      file(files, 'infra/modules/function-app.bicep'),
    );
  return [
    ...inBicep
      .filter((name) => shape[name] === undefined && !PLATFORM_SETTINGS.has(name))
      .map((name) => `Bicep sets ${name}, which the settings schema does not know`),
    ...inBicep.filter((name) => REFUSED_SETTING.test(name)).map((name) => `Flex Consumption refuses ${name}`),
    ...[...required, ...STORAGE_SETTINGS]
      .filter((name) => !fixed.includes(name))
      .map((name) => `Bicep does not set ${name}, which the app requires`),
    ...(isInVault ? [] : ['QUALYS_PASSWORD is not a Key Vault reference']),
  ];
}
