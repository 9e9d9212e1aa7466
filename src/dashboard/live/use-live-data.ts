import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { CallError } from '../calls/call-app.ts';
import type { Routes } from '../calls/routes.ts';
import { NO_DATA, type LiveData } from './live-data.ts';
import { createPoller, type Poller } from './poll.ts';

/** Live data and its controls. */
export interface LiveView {
  readonly data: LiveData;
  readonly isPaused: boolean;
  readonly setPaused: (isPaused: boolean) => void;
  readonly refresh: () => Promise<void>;
}

/** Keeps the page up to date, except while the tab is hidden or the person has paused it. */
export function useLiveData(routes: Routes, onRefused: (error: CallError) => void): LiveView {
  const [data, setData] = useState<LiveData>(NO_DATA);
  const [isPaused, setPaused] = useState(false);
  const [isHidden, setHidden] = useState(document.hidden);
  const poller = useRef<Poller>(undefined);

  useEffect(() => {
    const made = createPoller(routes, { onData: setData, onRefused });
    poller.current = made;
    return made.stop;
  }, [routes, onRefused]);

  useEffect(() => {
    const look = (): void => setHidden(document.hidden);
    document.addEventListener('visibilitychange', look);
    return () => document.removeEventListener('visibilitychange', look);
  }, []);

  useEffect(() => {
    if (isPaused || isHidden) poller.current?.pause();
    else poller.current?.resume();
  }, [routes, isPaused, isHidden]);

  const refresh = useCallback(() => poller.current?.refresh() ?? Promise.resolve(), []);
  return { data, isPaused, setPaused, refresh };
}
