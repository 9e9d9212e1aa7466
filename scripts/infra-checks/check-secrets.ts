import { file, type InfraFiles } from './infra-files.ts';
import { readBlock } from './read-bicep.ts';

/** A secret of Key Vault as Bicep declares it. */
const SECRET = /^resource (\w+) 'Microsoft\.KeyVault\/vaults\/secrets@[^']+' =(?: if \((\w+)\))?/gm;

/** Whether a deployment without a value leaves each secret as it is: the vault may hold a newer one than the deployer. */
export function checkSecrets(files: InfraFiles): string[] {
  const bicep = Object.entries(files).filter(([path]) => path.endsWith('.bicep'));
  return [
    ...bicep.flatMap(([path, text]) => checkWrites(path, text)),
    ...['infra/main.bicep', 'infra/resource-group.bicep'].flatMap((path) => checkDefaults(path, file(files, path))),
  ];
}

function checkWrites(path: string, text: string): string[] {
  return [...text.matchAll(SECRET)].flatMap(({ 0: declaration, 1: symbol = '', 2: condition = '', index }) => {
    const value = /\bvalue: (\w+)\n/.exec(readBlock(text, index + declaration.length))?.[1] ?? 'its value';
    const isGiven = new RegExp(`^var ${condition} = !empty\\(${value}\\)$`, 'm').test(text);
    return condition !== '' && isGiven
      ? []
      : [`${path}: ${symbol} is written without asking whether ${value} is given`];
  });
}

/** Without a default azd asks once, keeps the answer and gives it to every later deployment. */
function checkDefaults(path: string, text: string): string[] {
  return [...text.matchAll(/^@secure\(\)\nparam (\w+) string(.*)$/gm)]
    .filter(([, , rest]) => rest !== " = ''")
    .map(
      ([, name = '']) =>
        `${path}: param ${name} has to be empty by default, which leaves the secret in Key Vault alone`,
    );
}
