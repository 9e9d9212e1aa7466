import { TABLE_NAMES } from '../../src/lib/azure/names.ts';
import type { Storage } from '../../src/lib/azure/storage.ts';
import { AccountError } from '../../src/lib/errors.ts';
import type { Account, Login } from '../../src/lib/pipeline/account.ts';

/** An account whose logins nobody is kept away from, and what was told of them. */
export interface KeptAccount extends Account {
  readonly told: string[];
  readonly logins: Login[];
}

/** Lets every login go out. */
export function keptAccount(): KeptAccount {
  const told: string[] = [];
  const logins: Login[] = [];
  return {
    told,
    logins,
    enter: (api, login) => {
      logins.push(login);
      return Promise.resolve({
        accepted: () => Promise.resolve(void told.push(`${api} accepted`)),
        refused: ({ error, isBare }) => {
          told.push(`${api} refused${isBare ? ' without a reason' : ''}`);
          return Promise.resolve(new AccountError(error, 60_000));
        },
        ended: () => Promise.resolve(void told.push(`${api} ended`)),
      });
    },
  };
}

/** Has the connector forget that logins were refused, as after a repair that nobody told it of. */
export async function forgetRefusals(storage: Storage): Promise<void> {
  await storage
    .table(TABLE_NAMES.limits)
    .deleteEntity('limits', 'account')
    .catch(() => undefined);
}
