import { viewConnector } from '../actions/view-connector.ts';
import { handle, json } from '../http/handle.ts';

/** Tells where each stream stands. */
export const status = handle(async () => json(await viewConnector()));
