import type { WindowView } from '../answers.ts';
import { formatPlural } from '../model/format.ts';
import { messageOf } from '../model/message-of.ts';
import { allowedActs } from '../model/window-words.ts';
import { useDesk, type Intent } from './desk.ts';

interface RetryAllProps {
  readonly stream: string;
  readonly run: string;
  readonly windows: readonly WindowView[];
  readonly focusId: string;
}

/** Retries all windows of a list, one after the other; those that refuse are named by their number. */
export function RetryAll({ stream, run, windows, focusId }: RetryAllProps) {
  const { ask, routes } = useDesk();
  const retried = windows.filter((window) => allowedActs(window).retry);
  const intent: Intent = {
    title: `Retry ${formatPlural(retried.length, 'window')} of ${stream} now?`,
    text: 'They go into the queue at once; rows that come again have the same RowKey.',
    confirmLabel: 'Retry all',
    run: async () => {
      const failures: unknown[] = [];
      for (const { key } of retried) {
        await routes.retryWindow({ stream, run, key }).catch((error: unknown) => failures.push(error));
      }
      if (failures.length === retried.length) throw failures[0];
      const done = `${stream}: ${formatPlural(retried.length - failures.length, 'window')} in the queue again.`;
      return failures.length === 0 ? done : `${done} ${failures.length} not: ${messageOf(failures[0])}`;
    },
    focusId,
  };
  if (retried.length === 0) return null;
  return (
    <button type="button" class="button" onClick={() => ask(intent)}>
      Retry all
    </button>
  );
}
