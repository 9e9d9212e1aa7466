/** Waits until Azure has to honour the roles of the app. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Arm } from './arm.ts';
import { findOwn, type Resource } from './find.ts';

interface Identity extends Resource {
  readonly properties: { readonly principalId: string };
}

interface Assignment {
  readonly properties: { readonly createdOn: string };
}

/** «It can take up to 10 minutes for changes to take effect» (learn.microsoft.com/azure/role-based-access-control/troubleshooting). */
export const ROLE_WAIT_MS = 10 * 60_000;

/** How long until the youngest assignment of the app's identity is as old as Azure may need; 0: it is. */
export async function roleWaitMs(arm: Arm, group: string, now: Date): Promise<number> {
  const type = 'Microsoft.ManagedIdentity/userAssignedIdentities';
  const identity = await findOwn<Identity>(arm, group, type, '2024-11-30');
  if (identity === undefined) throw new Error(`${group} has no identity of the connector: provision first`);
  const filter = encodeURIComponent(`principalId eq '${identity.properties.principalId}'`);
  const path = `${group}/providers/Microsoft.Authorization/roleAssignments?$filter=${filter}`;
  const assignments = await arm.list<Assignment>(path, '2022-04-01');
  if (assignments.length === 0) throw new Error(`${identity.name} has no role: provision first`);
  const youngest = Math.max(...assignments.map(({ properties }) => Date.parse(properties.createdOn)));
  return Math.max(0, youngest + ROLE_WAIT_MS - now.getTime());
}

/** Waits for that. @returns the milliseconds waited. */
export async function awaitRoles(arm: Arm, group: string): Promise<number> {
  const waitMs = await roleWaitMs(arm, group, new Date());
  if (waitMs > 0) console.log(`the roles of the app are new: waiting ${Math.ceil(waitMs / 60_000)} minutes, this once`);
  await delay(waitMs);
  return waitMs;
}
