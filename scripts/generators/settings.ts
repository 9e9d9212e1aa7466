import { SETTING_NAMES, settingsSchema } from '../../src/lib/config.ts';
import { spelledDefault } from '../../src/lib/setting-kinds.ts';
import { STREAM_SETTINGS } from '../../src/lib/streams/settings.ts';
import { readDeclaration, readKeys } from '../infra-checks/read-bicep.ts';
import { bicepStreams } from './streams.ts';
import { jsonFile, readText, replaceParts, type GeneratedFile } from './generated-file.ts';

/** The sample of local settings, and the optional settings of a deployment. */
export async function generateSettings(root: string): Promise<GeneratedFile[]> {
  return [
    await jsonFile(root, 'local.settings.sample.json', { IsEncrypted: false, Values: sampleValues() }),
    replaceParts(root, 'infra/settings.bicep', {
      settings: optionalOf(root).map(bicepMember).join('\n\n'),
      streams: bicepStreams(),
    }),
  ];
}

/**
 * What is common to all streams: their own settings are seldom set, and a copy would keep the defaults of its day. The identity settings
 * are for Azure; locally they would stand beside the connection string.
 */
function sampleValues(): Record<string, string> {
  const names = SETTING_NAMES.filter((name) => !name.startsWith('AzureWebJobsStorage') && !(name in STREAM_SETTINGS));
  const values = names.map((name) => [name, spelledDefault(settingsSchema.shape[name])] as const);
  return { FUNCTIONS_WORKER_RUNTIME: 'node', AzureWebJobsStorage: '', ...Object.fromEntries(values) };
}

/** Settings that Bicep does not make of its own parameters. */
function optionalOf(root: string): (typeof SETTING_NAMES)[number][] {
  const app = readText(root, 'infra/modules/function-app.bicep');
  const made = ['var fixedSettings', 'var optionalSettings'].flatMap((name) => readKeys(readDeclaration(app, name)));
  return SETTING_NAMES.filter((name) => !made.includes(name) && !name.startsWith('AzureWebJobsStorage'));
}

function bicepMember(name: (typeof SETTING_NAMES)[number]): string {
  const text = (settingsSchema.shape[name].description ?? '').replaceAll("'", "\\'").replaceAll('${', '\\${');
  return `  @description('${text}')\n  ${name}: string?`;
}
