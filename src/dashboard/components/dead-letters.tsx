import type { DeadLetterView } from '../answers.ts';
import type { Reading } from '../live/reading.ts';
import { formatBytes, formatCount, formatDayTime, formatPlural } from '../model/format.ts';
import { useDesk, type Intent } from './desk.ts';
import { VendorBlock, VendorText } from './vendor-text.tsx';

/** The app counts no further. */
const MOST_COUNTED = 5000;
/** Letters that one press sends again. */
const REPLAYED = 100;

interface DeadLettersProps {
  readonly count: number;
  readonly letters: Reading<readonly DeadLetterView[]>;
}

/** Rows that Azure refuses, and how to send them again. */
export function DeadLetters({ count, letters }: DeadLettersProps) {
  const { ask, routes } = useDesk();
  const shown = letters.data ?? [];
  const replay: Intent = {
    title: 'Send dead letters again?',
    text: `Up to ${REPLAYED} are sent. A letter goes only after its rows were accepted; what is refused again stays.`,
    confirmLabel: 'Replay',
    run: async () => {
      const { replayed, rows, failed } = await routes.replayDeadLetters(REPLAYED);
      const refused = failed.length === 0 ? '' : ` ${formatCount(failed.length)} refused again.`;
      return `${formatPlural(replayed, 'dead letter')} replayed, ${formatPlural(rows, 'row')}.${refused}`;
    },
    focusId: 'dead-letters',
  };
  return (
    <section class="card" aria-labelledby="dead-letters">
      <div class="card-head">
        <h2 id="dead-letters" tabIndex={-1}>
          Dead letters: {formatCount(count)}
          {count >= MOST_COUNTED && ' or more'}
        </h2>
        {count > 0 && (
          <button type="button" class="button" onClick={() => ask(replay)}>
            Replay
          </button>
        )}
      </div>
      {count === 0 && <p class="muted">Azure has refused no row.</p>}
      <ul class="window-list">
        {shown.map((letter) => (
          <li key={letter.name} class="window-group">
            <p>
              <VendorText text={`${letter.stream}, ${letter.window}`} />{' '}
              <span class="muted small">
                {formatBytes(letter.bytes)} for {letter.table} · {formatDayTime(letter.at)} UTC
              </span>
            </p>
            <VendorBlock text={letter.broken === undefined ? letter.reason : `broken: ${letter.broken}`} />
          </li>
        ))}
      </ul>
      {count > shown.length && shown.length > 0 && <p class="muted">and {formatCount(count - shown.length)} more</p>}
    </section>
  );
}
