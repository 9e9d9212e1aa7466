import { formatted, readText, type GeneratedFile } from '../../scripts/generators/generated-file.ts';
import { buildDefinition, buildProperties } from './connector.ts';

/** The custom connector for Logic Apps and Power Automate. */
export function generateConnector(root: string): Promise<GeneratedFile[]> {
  const { version } = JSON.parse(readText(root, 'package.json')) as { version: string };
  const contents = { 'apiDefinition.swagger.json': buildDefinition(version), 'apiProperties.json': buildProperties() };
  return Promise.all(
    Object.entries(contents).map(([name, content]) =>
      formatted(root, `infra/logic-apps/${name}`, JSON.stringify(content)),
    ),
  );
}
