/** Finds what an earlier deployment made in the group of the connector: by its tag, so that names may be whatever they are. */
import type { Arm } from './arm.ts';

const APPLICATION = 'qualys-sentinel-connector';

/** A resource of Azure, as much of it as the steps read. */
export interface Resource {
  readonly id: string;
  readonly name: string;
  readonly tags?: Readonly<Record<string, string>>;
}

/** Whether the connector made it, or its group. */
export function isOwn(resource: Pick<Resource, 'tags'>): boolean {
  return resource.tags?.application === APPLICATION;
}

/**
 * The one resource of a type in the group that the connector made; undefined: none yet.
 * @throws Error when there are two: a group holds one connector.
 */
export async function findOwn<T extends Resource>(
  arm: Arm,
  group: string,
  type: string,
  apiVersion: string,
): Promise<T | undefined> {
  const found = (await arm.list<T>(`${group}/providers/${type}`, apiVersion)).filter(isOwn);
  if (found.length > 1) {
    throw new Error(`${group} holds ${found.map(({ name }) => name).join(' and ')}: a group is for one connector`);
  }
  return found[0];
}
