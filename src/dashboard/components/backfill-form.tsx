import { useEffect, useRef, useState } from 'preact/hooks';
import type { StreamStatus } from '../answers.ts';
import { CallError } from '../calls/call-app.ts';
import {
  findMissing,
  offeredRanges,
  placeErrors,
  toBackfillRequest,
  type BackfillRange,
  type FieldName,
} from '../model/backfill-ranges.ts';
import { formatDayTime } from '../model/format.ts';
import { messageOf } from '../model/message-of.ts';
import { BackfillCost } from './backfill-cost.tsx';
import { useDesk } from './desk.ts';
import { Field } from './field.tsx';

interface BackfillFormProps {
  readonly streams: readonly StreamStatus[];
  readonly now: number;
  readonly onStarted: () => void;
}

type Errors = Partial<Record<FieldName | 'form', string>>;

const TIMES = [
  { name: 'from', label: 'From (UTC)' },
  { name: 'to', label: 'To (UTC)' },
] as const;

/** Starts a backfill. What the app refuses is shown at the field it names. */
export function BackfillForm({ streams, now, onStarted }: BackfillFormProps) {
  const { routes, refresh, tell } = useDesk();
  const [form, setForm] = useState<BackfillRange>({ stream: streams[0]?.name ?? '', from: '', to: '' });
  const [errors, setErrors] = useState<Errors>({});
  const [isBusy, setBusy] = useState(false);
  const first = useRef<HTMLFormElement>(null);
  useEffect(() => first.current?.querySelector('select')?.focus(), []);
  const watermark = streams.find(({ name }) => name === form.stream)?.watermark ?? null;
  const change = (changes: Partial<BackfillRange>): void => setForm((before) => ({ ...before, ...changes }));

  const showErrors = (found: Errors): void => {
    setErrors(found);
    const faulty = (['stream', 'from', 'to'] as const).find((name) => found[name] !== undefined);
    if (faulty !== undefined) document.getElementById(`backfill-${faulty}`)?.focus();
  };
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const missing = findMissing(form);
    if (Object.keys(missing).length > 0) showErrors(missing);
    if (isBusy || Object.keys(missing).length > 0) return;
    setBusy(true);
    try {
      await routes.startBackfill(toBackfillRequest(form));
      tell(`The backfill of ${form.stream} has started.`);
      onStarted();
      document.getElementById('backfills')?.focus();
      void refresh();
    } catch (thrown) {
      showErrors(toErrors(thrown));
      setBusy(false);
    }
  };

  return (
    <form ref={first} class="form" onSubmit={(event) => void submit(event)} noValidate aria-label="Start a backfill">
      <div class="fields">
        <Field id="backfill-stream" label="Stream" error={errors.stream}>
          {(described) => (
            <select
              {...described}
              value={form.stream}
              onChange={({ currentTarget }) => change({ stream: currentTarget.value })}
            >
              {streams.map(({ name }) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          )}
        </Field>
        {TIMES.map(({ name, label }) => (
          <Field
            key={name}
            id={`backfill-${name}`}
            label={label}
            error={errors[name]}
            note={
              name === 'to' && watermark !== null ? `at most the watermark, ${formatDayTime(watermark)}` : undefined
            }
          >
            {(described) => (
              <input
                {...described}
                type="datetime-local"
                value={form[name]}
                onInput={({ currentTarget }) => change({ [name]: currentTarget.value })}
              />
            )}
          </Field>
        ))}
      </div>
      <div class="buttons" role="group" aria-label="Ranges">
        {offeredRanges(now, watermark).map(({ label, from, to }) => (
          <button key={label} type="button" class="button small" onClick={() => change({ from, to })}>
            {label}
          </button>
        ))}
      </div>
      <BackfillCost form={form} />
      <p class="field-error" role="alert">
        {errors.form}
      </p>
      <button type="submit" class="button primary" aria-disabled={isBusy}>
        {isBusy ? 'Starting…' : 'Start the backfill'}
      </button>
    </form>
  );
}

function toErrors(thrown: unknown): Errors {
  const { fields, rest } = placeErrors(thrown instanceof CallError ? thrown.errors : []);
  if (Object.keys(fields).length === 0 && rest.length === 0) return { form: messageOf(thrown) };
  return { ...fields, ...(rest.length === 0 ? {} : { form: messageOf(rest.join('; ')) }) };
}
