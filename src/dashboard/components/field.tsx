import type { ComponentChildren } from 'preact';

/** Attributes that tie a control to its label, note and error. */
export interface Described {
  readonly id: string;
  readonly 'aria-invalid': boolean;
  readonly 'aria-describedby': string;
}

interface FieldProps {
  readonly id: string;
  readonly label: string;
  readonly note?: string | undefined;
  readonly error: string | undefined;
  readonly children: (described: Described) => ComponentChildren;
}

/** A control with its label, a note, and what is wrong with its content. */
export function Field({ id, label, note, error, children }: FieldProps) {
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({ id, 'aria-invalid': error !== undefined, 'aria-describedby': `${id}-note ${id}-error` })}
      <span id={`${id}-note`} class="muted small">
        {note}
      </span>
      <span id={`${id}-error`} class="field-error" role="alert">
        {error}
      </span>
    </div>
  );
}
