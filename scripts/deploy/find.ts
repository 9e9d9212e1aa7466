/** Finds what an earlier deployment made in the group of the connector: by its tag, so that names may be whatever they are. */
import type { Arm } from './arm.ts';

const APPLICATION = 'qualys-sentinel-connector';

/** A resource of Azure, as much of it as the steps read. */
export interface Resource {
  readonly id: string;
  readonly name: string;
  readonly tags?: Readonly<Record<string, string>>;
}

/** Those of an earlier deployment go on, whatever the parameters say: a new storage account is a hole in the data. */
const STORAGE_NAME = /^st([a-z0-9]{2,10})([a-z0-9]{8})$/;

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

/** The two parts of the names of what an earlier deployment made, by its storage account; undefined: there is none. */
export async function findOwnNames(
  arm: Arm,
  group: string,
): Promise<{ readonly name: string; readonly hash: string } | undefined> {
  const storage = await findOwn(arm, group, 'Microsoft.Storage/storageAccounts', '2025-06-01');
  const [, name, hash] = STORAGE_NAME.exec(storage?.name ?? '') ?? [];
  return name === undefined || hash === undefined ? undefined : { name, hash };
}
