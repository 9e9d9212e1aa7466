/** A state in a word, with a sign beside the colour. */
export function Badge({ tone, sign, text }: { readonly tone: string; readonly sign: string; readonly text: string }) {
  return (
    <span class={`badge ${tone}`}>
      <span aria-hidden="true">{sign}</span> {text}
    </span>
  );
}
