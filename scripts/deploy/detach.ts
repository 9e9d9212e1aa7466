/** Before a tear-down: takes the connector's resources out of private link scopes, which hold whatever is in them. */
import type { Arm } from './arm.ts';
import { findOwn, findOwnNames, type Resource } from './find.ts';

export const SCOPES = 'Microsoft.Insights/privateLinkScopes';
const SCOPES_API = '2021-09-01';

interface Scoped extends Resource {
  readonly properties: { readonly linkedResourceId: string };
}

/**
 * Removes the links, of the connector's own scope or those that it has in a given one. @returns their names.
 *
 * «It's not possible to delete resources connected to an AMPLS» (azure-monitor-docs, articles/azure-monitor/fundamentals/private-link-configure.md).
 */
export async function detach(arm: Arm, group: string, givenScope?: string): Promise<string[]> {
  const own = givenScope === undefined ? await findOwn(arm, group, SCOPES, SCOPES_API) : undefined;
  const scope = own?.id ?? givenScope;
  if (scope === undefined) return [];
  // As resource-group.bicep names them: another connector may be in the same scope, and would write into the void.
  const names = await findOwnNames(arm, group);
  const prefix = names === undefined ? undefined : `qualys-${names.hash}-`;
  const links = await arm.list<Scoped>(`${scope}/scopedResources`, SCOPES_API);
  const ours = links.filter(
    ({ name, properties }) =>
      own !== undefined ||
      (prefix !== undefined && name.startsWith(prefix)) ||
      properties.linkedResourceId.toLowerCase().startsWith(`${group.toLowerCase()}/`),
  );
  for (const { id } of ours) await arm.send('DELETE', id, SCOPES_API);
  return ours.map(({ name }) => name);
}
