import { isRestError } from '@azure/core-rest-pipeline';
import { RetryableError } from '../errors.ts';
import { identityError, isWithoutToken } from './credential.ts';

/** HTTP status and service code of a storage error, as far as the SDK tells. */
export function faultOf(thrown: unknown): { status?: number | undefined; code?: string | undefined } {
  if (!isRestError(thrown)) return {};
  const { odataError } = (thrown.details ?? {}) as { odataError?: { code?: string } };
  return { status: thrown.statusCode, code: odataError?.code ?? thrown.code };
}

/** Whether somebody else changed the record (412), made it first (409) or removed it (404). */
export function isConflict(thrown: unknown): boolean {
  const { status } = faultOf(thrown);
  return status === 412 || status === 409 || status === 404;
}

/** What a change gives; undefined where somebody else was faster. */
export function unlessBeaten<T>(change: Promise<T>): Promise<T | undefined> {
  return unless(isConflict, change);
}

/** What an action gives; undefined where there is nothing to act on. */
export function ifThere<T>(action: Promise<T>): Promise<T | undefined> {
  return unless((thrown) => faultOf(thrown).status === 404, action);
}

/** What an action gives that makes something; undefined where that is there already. */
export function ifNew<T>(action: Promise<T>): Promise<T | undefined> {
  return unless((thrown) => faultOf(thrown).status === 409, action);
}

async function unless<T>(isExpected: (thrown: unknown) => boolean, action: Promise<T>): Promise<T | undefined> {
  try {
    return await action;
  } catch (thrown) {
    if (isExpected(thrown)) return undefined;
    throw thrown;
  }
}

/** @throws what a storage failure means to the pipeline. */
export async function attempt<T>(action: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (thrown) {
    throw isStorageFault(thrown) ? toStorageError(action, thrown) : thrown;
  }
}

/** What storage failures mean to the pipeline. */
function toStorageError(action: string, thrown: unknown): Error {
  if (isWithoutToken(thrown)) {
    return identityError(`storage failed ${action}: no token; check the identity of the app`, { cause: thrown });
  }
  const { status, code } = faultOf(thrown);
  const what = `storage failed ${action} (${[status, code].filter((part) => part !== undefined).join(' ') || 'no answer'})`;
  if (status === 401 || status === 403) {
    return identityError(`${what}: check the identity's roles on the storage account`, { cause: thrown });
  }
  return new RetryableError(what, { cause: thrown, scope: 'storage' });
}

/** Whether storage has refused, could not be reached, or broke off, or nobody may ask it. */
function isStorageFault(thrown: unknown): boolean {
  if (isWithoutToken(thrown) || isRestError(thrown)) return true;
  return thrown instanceof Error && (thrown.name === 'AbortError' || 'errno' in thrown);
}
