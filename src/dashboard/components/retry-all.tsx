import { formatPlural } from '../model/format.ts';
import { runSectionId } from '../model/judgement.ts';
import { useDesk, type Intent } from './desk.ts';

/** Retries all windows of a run that failed, fell short or wait for their next try. */
export function RetryAll({ stream, run }: { readonly stream: string; readonly run: string }) {
  const { ask, routes } = useDesk();
  const intent: Intent = {
    title: `Retry all windows of ${stream} now?`,
    text: 'All that failed, are incomplete or wait for their next try go into the queue at once; rows that come again have the same RowKey. What waits for Qualys or for the account goes on waiting there.',
    confirmLabel: 'Retry all',
    run: async () => `${stream}: ${formatPlural(await routes.retryWindows(stream, run), 'window')} in the queue again.`,
    focusId: runSectionId(stream, run),
  };
  return (
    <button type="button" class="button" onClick={() => ask(intent)} aria-label={`Retry all of ${stream}`}>
      Retry all
    </button>
  );
}
