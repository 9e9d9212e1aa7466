import { useEffect, useState } from 'preact/hooks';
import type { BackfillView, WindowView } from '../answers.ts';
import { readAnew, type Reading } from '../live/reading.ts';
import { formatPlural } from '../model/format.ts';
import { messageOf } from '../model/message-of.ts';
import { needsAttention } from '../model/window-words.ts';
import { useDesk } from './desk.ts';
import { VendorText } from './vendor-text.tsx';
import { WindowList } from './window-list.tsx';

/** The windows of a backfill that were not read whole; asked for when the person opens them. */
export function BackfillWindows({ backfill, now }: { readonly backfill: BackfillView; readonly now: number }) {
  const { routes } = useDesk();
  const [isOpen, setOpen] = useState(false);
  const [reading, setReading] = useState<Reading<readonly WindowView[]>>({});
  const { id, stream, updatedAt, windows } = backfill;
  useEffect(() => {
    if (!isOpen) return undefined;
    let isWanted = true;
    void readAnew({}, () => routes.windowsOf(backfill, ['failed', 'incomplete'])).then((next) => {
      if (isWanted) setReading((before) => (next.error === undefined ? next : { ...before, error: next.error }));
    });
    return () => {
      isWanted = false;
    };
  }, [isOpen, routes, id, updatedAt, windows.failed]);
  return (
    <div>
      <button type="button" class="button" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        {isOpen ? 'Hide' : 'Show'} {formatPlural(windows.failed, 'window')} with problems
      </button>
      {isOpen && reading.error !== undefined && (
        <p class="field-error" role="alert">
          The windows could not be read: <VendorText text={messageOf(reading.error)} />
        </p>
      )}
      {isOpen && (
        <WindowList
          title="Not read whole"
          stream={stream}
          run={id}
          windows={(reading.data ?? []).filter(needsAttention)}
          now={now}
        />
      )}
    </div>
  );
}
