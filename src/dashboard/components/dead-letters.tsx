import type { DeadLetterView } from '../answers.ts';
import type { Reading } from '../live/reading.ts';
import { formatBytes, formatCount, formatDayTime, formatPlural } from '../model/format.ts';
import { groupLetters, reasonOf } from '../model/group-by-reason.ts';
import { useDesk, type Intent } from './desk.ts';
import { ReasonList } from './reason-list.tsx';
import { VendorBlock, VendorText } from './vendor-text.tsx';

/** The app counts no further. */
const MOST_COUNTED = 5000;
/** Letters that one press sends again. */
const REPLAYED = 100;

interface DeadLettersProps {
  readonly count: number;
  readonly letters: Reading<readonly DeadLetterView[]>;
}

/** Rows that Azure refuses, by the reason, and how to send them again; nothing where there are none. */
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
  if (count === 0) return null;
  return (
    <section class="card" aria-labelledby="dead-letters">
      <div class="card-head">
        <h2 id="dead-letters" tabIndex={-1}>
          Dead letters: {formatCount(count)}
          {count >= MOST_COUNTED && ' or more'}
        </h2>
        <button type="button" class="button" onClick={() => ask(replay)}>
          Replay
        </button>
      </div>
      <div class="window-list">
        {groupLetters(shown).map((group) => (
          <ReasonList key={group.name} group={group} noun="letter" list="letters">
            {(letter) => (
              <li key={letter.name}>
                <VendorText text={`${letter.stream}, ${letter.window}`} />{' '}
                <span class="muted small">
                  {formatBytes(letter.bytes)} for {letter.table} · {formatDayTime(letter.at)} UTC
                </span>
                {group.reason === undefined && <VendorBlock text={reasonOf(letter)} />}
              </li>
            )}
          </ReasonList>
        ))}
      </div>
      {count > shown.length && shown.length > 0 && <p class="muted">and {formatCount(count - shown.length)} more</p>}
    </section>
  );
}
