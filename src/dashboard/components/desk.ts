import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Routes } from '../calls/routes.ts';

/** An act that is asked about before it is done. */
export interface Intent {
  readonly title: string;
  readonly text: string;
  readonly confirmLabel: string;
  /** Marks what cannot simply be done again. */
  readonly isGrave?: boolean;
  /** Asks for a reason, which goes to the audit table. */
  readonly asksReason?: boolean;
  /** Does it. @returns what to tell the person. @throws CallError, which the dialog shows. */
  readonly run: (reason: string) => Promise<string>;
  /** Takes the focus when the button that opened the dialog is gone afterwards. */
  readonly focusId: string;
}

/** What every part of the page may use. */
export interface Desk {
  readonly routes: Routes;
  /** Reads everything anew. */
  readonly refresh: () => Promise<void>;
  /** Tells the person something. */
  readonly tell: (text: string) => void;
  /** Asks before it acts. */
  readonly ask: (intent: Intent) => void;
}

/** Handed down by the dashboard. */
export const DeskContext = createContext<Desk | undefined>(undefined);

/** The desk. @throws Error outside of the dashboard. */
export function useDesk(): Desk {
  const desk = useContext(DeskContext);
  if (desk === undefined) throw new Error('there is no desk here');
  return desk;
}
