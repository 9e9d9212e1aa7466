import { useEffect, useRef, useState } from 'preact/hooks';
import { messageOf } from '../model/message-of.ts';
import type { Intent } from './desk.ts';
import { VendorText } from './vendor-text.tsx';

interface ConfirmDialogProps {
  readonly intent: Intent;
  /** After the act, with what to tell. */
  readonly onDone: (intent: Intent, text: string) => void;
  /** The dialog is closed, with or without the act. */
  readonly onClose: () => void;
}

/** Asks before an act, does it, and shows why it failed. Escape and Cancel leave everything as it is. */
export function ConfirmDialog({ intent, onDone, onClose }: ConfirmDialogProps) {
  const { title, text, confirmLabel, isGrave, asksReason } = intent;
  const [reason, setReason] = useState('');
  const [problem, setProblem] = useState('');
  const [isBusy, setBusy] = useState(false);
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);

  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (isBusy) return;
    if (asksReason === true && reason.trim() === '') {
      setProblem('Give a reason: it is written to the audit table.');
      return;
    }
    setBusy(true);
    setProblem('');
    try {
      const told = await intent.run(reason.trim());
      dialog.current?.close();
      onDone(intent, told);
    } catch (thrown) {
      setProblem(messageOf(thrown));
      setBusy(false);
    }
  };

  return (
    <dialog ref={dialog} class="dialog" aria-labelledby="dialog-title" onClose={onClose}>
      <form onSubmit={(event) => void submit(event)} noValidate>
        <h2 id="dialog-title">{title}</h2>
        <p>{text}</p>
        {asksReason === true && (
          <label class="field">
            <span>Reason</span>
            <textarea
              rows={3}
              maxLength={500}
              value={reason}
              onInput={({ currentTarget }) => setReason(currentTarget.value)}
              aria-invalid={problem !== '' && reason.trim() === ''}
              aria-describedby="dialog-problem"
            />
          </label>
        )}
        <p id="dialog-problem" class="field-error" role="alert">
          {problem !== '' && <VendorText text={problem} />}
        </p>
        <div class="buttons end">
          <button type="button" class="button" onClick={() => dialog.current?.close()}>
            Leave it
          </button>
          <button type="submit" class={`button ${isGrave === true ? 'danger' : 'primary'}`} aria-disabled={isBusy}>
            {isBusy ? 'Working…' : confirmLabel}
          </button>
        </div>
      </form>
    </dialog>
  );
}
