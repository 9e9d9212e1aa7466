import { namedReadings, type LiveData } from '../live/live-data.ts';
import { formatClock } from '../model/format.ts';
import { messageOf } from '../model/message-of.ts';
import { VendorText } from './vendor-text.tsx';

/** Says what could not be read, and how old is what is shown instead. */
export function FailureBanner({ data }: { readonly data: LiveData }) {
  const failed = namedReadings(data).filter(({ reading }) => reading.error !== undefined);
  return (
    <div role="alert">
      {failed.length > 0 && (
        <section class="banner bad">
          <h2>
            <span aria-hidden="true">⚠ </span>
            {data.status.data === undefined ? 'The status cannot be read' : 'What you see is out of date'}
          </h2>
          <ul>
            {failed.map(({ name, reading }) => (
              <li key={name}>
                <strong>{name}</strong>: <VendorText text={messageOf(reading.error)} />
                {reading.failingSince !== undefined && <>, since {formatClock(reading.failingSince)} UTC</>}
                {reading.readAt !== undefined && <>. Shown as of {formatClock(reading.readAt)} UTC</>}
              </li>
            ))}
          </ul>
          <p>It is tried again by itself.</p>
        </section>
      )}
    </div>
  );
}
