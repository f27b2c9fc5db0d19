// The public surface of `@colloquy/server`. A name added here is a promise: it needs a doc comment, a test and a changeset.
export type { AppOptions } from './app-options.ts';
export type { NewApiKey } from './auth/api-keys.ts';
export type { KeyObject } from './auth/key-object.ts';
export { createApp, type ServerApp } from './create-app.ts';
export type { HostEngine } from './live/session-host.ts';
export { type Management, openManagement } from './manage.ts';
export { type RunningServer, serve, type ServeOptions } from './serve.ts';
