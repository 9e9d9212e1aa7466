import { formatted, readText, type GeneratedFile } from '../../scripts/generators/generated-file.ts';
import { buildDefinition, buildProperties } from './connector.ts';
import { buildPlaybooks } from './playbooks.ts';
import type { JsonObject } from './to-swagger-schema.ts';

/** The custom connector for Logic Apps and Power Automate, and the workflows of the playbooks. */
export function generateConnector(root: string): Promise<GeneratedFile[]> {
  const { version } = JSON.parse(readText(root, 'package.json')) as { version: string };
  const contents: Record<string, JsonObject> = {
    'apiDefinition.swagger.json': buildDefinition(version),
    'apiProperties.json': buildProperties(),
  };
  for (const [name, workflow] of Object.entries(buildPlaybooks())) contents[`playbooks/${name}.json`] = workflow;
  return Promise.all(
    Object.entries(contents).map(([name, content]) =>
      formatted(root, `infra/logic-apps/${name}`, JSON.stringify(content)),
    ),
  );
}
