import { ConfigError, ConnectorError, messageOf } from '../../errors.ts';
import { isAccountCode } from '../../qualys/refusals/classify-answer.ts';
import { clipIds, type IdBounds, type IdRange } from '../../qualys/vm/id-ranges.ts';
import { isToWaitFor } from '../id-cursor.ts';
import { selectionOf, type Reading } from './vm-cursor.ts';

/**
 * The ids of the hosts in a range; undefined when the vendor does not give them, which is no reason to stop.
 * @throws ConfigError for a refused login: a second one in a row would bring the account nearer to being locked.
 */
export async function listHosts(
  { task, services, options }: Pick<Reading, 'task' | 'services' | 'options'>,
  range: IdBounds,
): Promise<IdRange[] | undefined> {
  try {
    const ids = await services.vm.hostIds(selectionOf(task, range), options);
    // What the vendor lists beyond the range would be cut into slices that overlap others, or that are the window itself.
    return clipIds(ids, range);
  } catch (error) {
    task.signal.throwIfAborted();
    if (isToWaitFor(error) || !(error instanceof ConnectorError) || isRefusedLogin(error)) throw error;
    task.log.warn('HostIdsUnavailable', { error: messageOf(error) });
    return undefined;
  }
}

/** Whether the account itself is refused; a bare 403 may say no more than that it has no right to this list. */
function isRefusedLogin(error: ConnectorError): boolean {
  if (!(error instanceof ConfigError)) return false;
  const { status, code = '' } = error.fault;
  return status !== 403 || isAccountCode(code);
}
