import { useCallback, useMemo, useState } from 'preact/hooks';
import type { CallError } from '../calls/call-app.ts';
import { createRoutes } from '../calls/routes.ts';
import { useLiveData } from '../live/use-live-data.ts';
import { useTab } from '../live/use-tab.ts';
import { ConfirmDialog } from './confirm-dialog.tsx';
import type { MadePing } from './connections.tsx';
import { DeskContext, type Desk, type Intent } from './desk.ts';
import { FailureBanner } from './failure-banner.tsx';
import { Header } from './header.tsx';
import { Loading } from './loading.tsx';
import { Notice, type NoticeText } from './notice.tsx';
import { Sections } from './sections.tsx';

interface DashboardProps {
  readonly functionKey: string | undefined;
  readonly onRefused: (error: CallError) => void;
  readonly onForget: () => void;
}

/** The page for somebody whom the app lets in. */
export function Dashboard({ functionKey, onRefused, onForget }: DashboardProps) {
  const routes = useMemo(() => createRoutes(functionKey), [functionKey]);
  const live = useLiveData(routes, onRefused);
  const [intent, setIntent] = useState<Intent>();
  const [notice, setNotice] = useState<NoticeText>();
  const [ping, setPing] = useState<MadePing>();
  const { data, refresh } = live;
  useTab(live.hidden ?? data.status.data, data.status.error !== undefined && live.hidden === undefined);

  const tell = useCallback((text: string) => setNotice((last) => ({ text, number: (last?.number ?? 0) + 1 })), []);
  const desk = useMemo<Desk>(() => ({ routes, refresh, tell, ask: setIntent }), [routes, refresh, tell]);
  const onDone = useCallback(
    ({ focusId }: Intent, text: string) => {
      tell(text);
      void refresh().then(() => keepFocus(focusId));
    },
    [tell, refresh],
  );

  return (
    <DeskContext.Provider value={desk}>
      <Header live={live} hasKey={functionKey !== undefined} onForget={onForget} />
      <main id="main">
        <FailureBanner data={data} />
        {data.status.data === undefined ? (
          <Loading hasFailed={data.status.error !== undefined} />
        ) : (
          <Sections data={data} status={data.status.data} ping={ping} onPing={setPing} />
        )}
      </main>
      <Notice notice={notice} onDismiss={() => setNotice(undefined)} />
      {intent !== undefined && <ConfirmDialog intent={intent} onDone={onDone} onClose={() => setIntent(undefined)} />}
    </DeskContext.Provider>
  );
}

/** The button that was pressed may be gone once its act is done: the focus then goes to the part it belonged to. */
function keepFocus(id: string): void {
  requestAnimationFrame(() => {
    if (document.activeElement === document.body) document.getElementById(id)?.focus();
  });
}
