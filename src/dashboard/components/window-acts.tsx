import type { WindowView } from '../answers.ts';
import type { WindowPlace } from '../calls/routes.ts';
import { runSectionId } from '../model/judgement.ts';
import { allowedActs, windowTitle } from '../model/window-words.ts';
import { useDesk, type Intent } from './desk.ts';

interface WindowActsProps {
  readonly place: WindowPlace;
  readonly window: WindowView;
}

/** Retry and waive, where the state of the window allows them. */
export function WindowActs({ place, window }: WindowActsProps) {
  const { ask, routes } = useDesk();
  const allowed = allowedActs(window);
  const title = windowTitle(window);
  const focusId = runSectionId(place.stream, place.run);
  const retry: Intent = {
    title: 'Retry this window now?',
    text: `${place.stream}, ${title}. It goes into the queue at once; rows that come again have the same RowKey.`,
    confirmLabel: 'Retry',
    run: async () => {
      await routes.retryWindow(place);
      return `${place.stream}, ${title}: in the queue again.`;
    },
    focusId,
  };
  const waive: Intent = {
    title: window.state === 'incomplete' ? 'Take note of the gap?' : 'Give this window up?',
    text:
      window.state === 'incomplete'
        ? `${place.stream}, ${title}. What is missing stays missing; it is not shown as a problem any more.`
        : `${place.stream}, ${title}. What it holds is not ingested and the watermark passes it. A backfill can read it later.`,
    confirmLabel: 'Waive',
    isGrave: true,
    asksReason: true,
    run: async (reason) => {
      await routes.waiveWindow(place, reason);
      return `${place.stream}, ${title}: waived.`;
    },
    focusId,
  };
  return (
    <>
      {allowed.retry && (
        <button type="button" class="button" onClick={() => ask(retry)} aria-label={`Retry ${title}`}>
          Retry
        </button>
      )}
      {allowed.waive && (
        <button type="button" class="button" onClick={() => ask(waive)} aria-label={`Waive ${title}`}>
          Waive
        </button>
      )}
    </>
  );
}
