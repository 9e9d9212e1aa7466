import type { ComponentChildren } from 'preact';

interface FactProps {
  readonly name: string;
  readonly value: ComponentChildren;
  readonly note?: ComponentChildren | undefined;
  /** Where links lead to. */
  readonly id?: string | undefined;
}

/** A figure with its name, for a `dl`. */
export function Fact({ name, value, note, id }: FactProps) {
  return (
    <div class="fact" {...(id === undefined ? {} : { id, tabIndex: -1 })}>
      <dt>{name}</dt>
      <dd>
        <span class="fact-value">{value}</span>
        {note !== undefined && <span class="fact-note muted small">{note}</span>}
      </dd>
    </div>
  );
}
