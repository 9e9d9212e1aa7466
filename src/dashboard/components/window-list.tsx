import { useState } from 'preact/hooks';
import type { WindowView } from '../answers.ts';
import { formatDuration, formatNear, formatPlural } from '../model/format.ts';
import { groupByError, type ErrorGroup } from '../model/group-by-error.ts';
import { completeness, windowTitle } from '../model/window-words.ts';
import { RetryAll } from './retry-all.tsx';
import { VendorBlock, VendorText } from './vendor-text.tsx';
import { WindowActs } from './window-acts.tsx';
import { WindowBadge } from './window-details.tsx';

/** Shown of a group before it is unfolded. */
const SHOWN = 4;

interface WindowListProps {
  readonly title: string;
  readonly stream: string;
  readonly run: string;
  readonly windows: readonly WindowView[];
  /** Others that wait for their next try by themselves. */
  readonly waiting?: readonly WindowView[];
  readonly now: number;
  readonly focusId: string;
}

/** Windows by their errors, with what can be done, and how many others wait; nothing where there are none. */
export function WindowList(props: WindowListProps) {
  const { title, stream, run, windows, waiting = [], now, focusId } = props;
  if (windows.length + waiting.length === 0) return null;
  return (
    <div class="window-list">
      <div class="card-head">
        <h3>{windows.length === 0 ? 'Windows that wait' : title}</h3>
        {(windows.length > 1 || waiting.length > 0) && <RetryAll stream={stream} run={run} focusId={focusId} />}
      </div>
      {waiting.length > 0 && <p class="muted small">{describeWaiting(waiting, now)}</p>}
      {groupByError(windows).map((group) => (
        <Group key={group.name} {...props} group={group} />
      ))}
    </div>
  );
}

function Group({ group, stream, run, now, focusId }: WindowListProps & { readonly group: ErrorGroup }) {
  const [isOpen, setOpen] = useState(false);
  const { error, windows } = group;
  const isLong = windows.length > SHOWN;
  return (
    <div class={`window-group ${windows[0]?.state ?? ''}`}>
      {error !== undefined && <VendorBlock text={error} />}
      <ul>
        {(isOpen ? windows : windows.slice(0, SHOWN)).map((window) => (
          <li key={window.key} class="window-item">
            <div>
              <strong>
                <VendorText text={windowTitle(window)} />
              </strong>{' '}
              <WindowBadge window={window} />
              {error === undefined && window.error !== null && (
                <p class="small">
                  <VendorText text={window.error} />
                </p>
              )}
              <p class="muted small">{progressOf(window, now)}</p>
            </div>
            <div class="buttons">
              <WindowActs place={{ stream, run, key: window.key }} window={window} focusId={focusId} />
            </div>
          </li>
        ))}
      </ul>
      {isLong && (
        <button type="button" class="button link" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {isOpen ? 'Show fewer' : `Show all ${formatPlural(windows.length, 'window')}`}
        </button>
      )}
    </div>
  );
}

function progressOf(window: WindowView, now: number): string {
  const waitMs = window.notBefore === null ? 0 : Date.parse(window.notBefore) - now;
  const parts = [
    completeness(window),
    `${formatPlural(window.uploaded, 'row')} uploaded`,
    window.attempts > 0 ? `${formatPlural(window.attempts, 'failure')} in a row` : undefined,
    (window.state === 'failed' || window.repair !== null) && waitMs > 0
      ? `tried again in ${formatDuration(waitMs / 1000)} or later`
      : undefined,
  ];
  return parts.filter((part) => part !== undefined).join(' · ');
}

function describeWaiting(waiting: readonly WindowView[], now: number): string {
  const [first] = waiting.flatMap(({ notBefore }) => notBefore ?? []).sort();
  const verb = waiting.length === 1 ? 'waits' : 'wait';
  const when = first === undefined ? '' : `, the first at ${formatNear(first, now)} UTC`;
  return `${formatPlural(waiting.length, 'window')} ${verb} for the next try${when}.`;
}
