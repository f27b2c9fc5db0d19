import type * as Browser from './frame-sockets.ts';

/** Outside of browsers nobody counts connections. */
export const frameSockets: typeof Browser.frameSockets = () => undefined;
