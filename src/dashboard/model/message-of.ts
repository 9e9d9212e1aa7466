/** The message of whatever was thrown, as a sentence. */
export function messageOf(thrown: unknown): string {
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  return text.charAt(0).toUpperCase() + text.slice(1);
}
