interface MeterProps {
  readonly role: 'progressbar' | 'meter';
  readonly label: string;
  readonly value: number;
  readonly max: number;
  /** The value in words. */
  readonly text: string;
  readonly tone?: string;
}

/** A bar that shows a share; the figures stand beside it. */
export function Meter({ role, label, value, max, text, tone = 'info' }: MeterProps) {
  const percent = max <= 0 ? 0 : Math.min(100, Math.max(0, (100 * value) / max));
  return (
    <div
      class={`meter ${tone}`}
      role={role}
      aria-label={label}
      aria-valuenow={value}
      aria-valuemin={0}
      aria-valuemax={max}
      aria-valuetext={text}
    >
      <div style={{ width: `${percent}%` }} />
    </div>
  );
}
