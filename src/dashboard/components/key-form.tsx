import { useEffect, useRef, useState } from 'preact/hooks';

/** Asks for the function key. `refusal` says why the last one was not taken; empty when none was given. */
export function KeyForm({ refusal, onKey }: { readonly refusal: string; readonly onKey: (key: string) => void }) {
  const [key, setKey] = useState('');
  const [problem, setProblem] = useState(refusal);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.focus(), []);
  useEffect(() => setProblem(refusal), [refusal]);

  const submit = (event: Event): void => {
    event.preventDefault();
    const entered = key.trim();
    // A header takes visible ASCII only.
    if (/^[\x21-\x7e]+$/.test(entered)) onKey(entered);
    else
      setProblem(entered === '' ? 'Enter a function key.' : 'A function key has no spaces and no special characters.');
  };

  return (
    <main class="gate">
      <form class="card gate-card" onSubmit={submit} noValidate>
        <h1>Qualys connector</h1>
        <p>The data is shown with a function key of this app.</p>
        <label class="field">
          <span>Function key</span>
          <input
            ref={input}
            type="password"
            autocomplete="off"
            spellcheck={false}
            value={key}
            onInput={({ currentTarget }) => setKey(currentTarget.value)}
            aria-invalid={problem !== ''}
            aria-describedby="key-problem key-note"
          />
        </label>
        <p id="key-problem" class="field-error" role="alert">
          {problem}
        </p>
        <button type="submit" class="button primary">
          Show the dashboard
        </button>
        <p id="key-note" class="muted small">
          It stays in this tab until you close it, is sent as a header to this app only, and never stands in an address.
        </p>
        <details class="small">
          <summary>Where to find one</summary>
          <p>Azure portal: the function app, App keys, Host keys. Or:</p>
          <pre class="code">az functionapp keys list -g &lt;group&gt; -n &lt;app&gt; --query functionKeys</pre>
          <p>Use a host key made for you, not the master key.</p>
        </details>
      </form>
    </main>
  );
}
