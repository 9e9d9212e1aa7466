import type { InfraFiles } from './infra-files.ts';
import { readResources } from './read-bicep.ts';

/**
 * Whether secrets stay out of the templates: each deployment would put its value over what the vault holds, which may be newer,
 * and azd would keep it. `npm run deploy -- secrets` writes them.
 */
export function checkSecrets(files: InfraFiles): string[] {
  const bicep = Object.entries(files).filter(([path]) => path.endsWith('.bicep'));
  return bicep.flatMap(([path, text]) => [
    ...readResources(text)
      .filter(({ type, existing }) => !existing && (type === 'Microsoft.KeyVault/vaults/secrets' || type === 'secrets'))
      .map(({ symbol }) => `${path}: ${symbol} writes a secret; only npm run deploy -- secrets does`),
    ...[...text.matchAll(/^@secure\(\)\n(?:@.*\n)*param (\w+) /gm)].map(
      ([, name = '']) => `${path}: param ${name} takes a secret, which every deployment would need again`,
    ),
  ]);
}
