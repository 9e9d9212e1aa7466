import { useCallback, useErrorBoundary, useState } from 'preact/hooks';
import type { CallError } from '../calls/call-app.ts';
import { forgetFunctionKey, keepFunctionKey, readFunctionKey } from '../calls/function-key.ts';
import { CrashCard } from './crash-card.tsx';
import { Dashboard } from './dashboard.tsx';
import { KeyForm } from './key-form.tsx';
import { SignIn } from './sign-in.tsx';

/** The key form until the app takes a key, or the way to the sign-in; then the dashboard. An app that asks for neither shows it at once. */
export function App() {
  const [key, setKey] = useState(readFunctionKey);
  const [refusal, setRefusal] = useState<string>();
  const [isSignInDue, setSignInDue] = useState(false);
  const [failure] = useErrorBoundary() as readonly [unknown, () => void];

  const onRefused = useCallback(
    (error: CallError) => {
      forgetFunctionKey();
      setSignInDue(error.asksForSignIn);
      setRefusal(key === undefined ? '' : error.message);
      setKey(undefined);
    },
    [key],
  );
  const onKey = useCallback((entered: string) => {
    keepFunctionKey(entered);
    setKey(entered);
    setRefusal(undefined);
  }, []);
  const onForget = useCallback(() => {
    forgetFunctionKey();
    setKey(undefined);
    setRefusal('');
  }, []);

  if (failure !== undefined) return <CrashCard failure={failure} />;
  if (isSignInDue) return <SignIn />;
  if (refusal !== undefined) return <KeyForm refusal={refusal} onKey={onKey} />;
  return <Dashboard functionKey={key} onRefused={onRefused} onForget={onForget} />;
}
