import { createConfig, lintFromString } from '@redocly/openapi-core';

/** What Redocly's recommended rules find, as `rule: message (place)`; warnings count too. */
export async function lintOpenapi(document: unknown): Promise<string[]> {
  const config = await createConfig({ extends: ['recommended'] });
  const source = JSON.stringify(document);
  const findings = await lintFromString({ source, absoluteRef: '/openapi.json', config });
  return findings.map(({ ruleId, message, location }) => `${ruleId}: ${message} (${location[0]?.pointer ?? ''})`);
}
