import { formatPlural } from '../model/format.ts';
import { useDesk, type Intent } from './desk.ts';

/** Lets what waits for the account or the identity go on at once, and one login out. */
export function TryNow() {
  const { ask, routes } = useDesk();
  const intent: Intent = {
    title: 'Try the account and the identity now?',
    text: 'One login goes out although it is not its time, at most three an hour: Qualys may lock an account after a handful. A new secret is tried by itself. All windows that wait go on.',
    confirmLabel: 'Try now',
    asksReason: true,
    run: async (reason) => {
      const { login, windows } = await routes.tryNow(reason);
      const said = login === 'granted' ? 'One login may go out now' : 'No login is kept back';
      return `${said}; ${formatPlural(windows, 'window')} that waited go on.`;
    },
    focusId: 'verdict',
  };
  return (
    <button type="button" class="button" onClick={() => ask(intent)}>
      Try now
    </button>
  );
}
