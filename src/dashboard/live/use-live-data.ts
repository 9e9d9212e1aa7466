import { useEffect, useMemo, useState } from 'preact/hooks';
import type { CallError } from '../calls/call-app.ts';
import type { Health } from '../answers.ts';
import type { Routes } from '../calls/routes.ts';
import { NO_DATA, type LiveData } from './live-data.ts';
import { createPoller } from './poll.ts';

/** A hidden tab asks for the judgement alone, as often as a browser lets it. */
const HIDDEN_MS = 60_000;

function useHiddenHealth(routes: Routes, isOn: boolean): Health | undefined {
  const [health, setHealth] = useState<Health>();
  useEffect(() => {
    setHealth(undefined);
    if (!isOn) return undefined;
    const ask = (): void => void routes.health().then(setHealth, () => setHealth(undefined));
    const timer = setInterval(ask, HIDDEN_MS);
    return () => clearInterval(timer);
  }, [routes, isOn]);
  return health;
}

/** Keeps the page up to date, except while the tab is hidden or the person has paused it. */
export function useLiveData(routes: Routes, onRefused: (error: CallError) => void) {
  const [data, setData] = useState<LiveData>(NO_DATA);
  const [isPaused, setPaused] = useState(false);
  const [isHidden, setHidden] = useState(document.hidden);
  const poller = useMemo(() => createPoller(routes, { onData: setData, onRefused }), [routes, onRefused]);

  useEffect(() => poller.stop, [poller]);

  useEffect(() => {
    const look = (): void => setHidden(document.hidden);
    document.addEventListener('visibilitychange', look);
    return () => document.removeEventListener('visibilitychange', look);
  }, []);

  useEffect(() => poller.turn(!isPaused && !isHidden), [poller, isPaused, isHidden]);

  /** What the tab tells while nobody sees the page; undefined while somebody does. */
  const hidden = useHiddenHealth(routes, isHidden && !isPaused);
  return { data, isPaused, setPaused, refresh: poller.refresh, hidden };
}

/** Live data and its controls. */
export type LiveView = ReturnType<typeof useLiveData>;
