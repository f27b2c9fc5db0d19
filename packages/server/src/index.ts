// The public surface of `@colloquy/server`. A name added here is a promise: it needs a doc comment, a test and a changeset.
export type { AppOptions } from './app-options.ts';
export { createApp, type ServerApp } from './create-app.ts';
export type { HostEngine } from './live/session-host.ts';
export { type RunningServer, serve, type ServeOptions } from './serve.ts';
