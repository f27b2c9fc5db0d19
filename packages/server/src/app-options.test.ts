import { ConfigurationError } from 'colloquy';
import type { Store } from 'colloquy/internal';
import { expect, test } from 'vitest';
import { type AppOptions, checkAppOptions } from './app-options.ts';
import { scriptedEngine } from './testing/scripted-engine.ts';

const options = (more: Partial<AppOptions>): AppOptions => ({
  engine: scriptedEngine([]),
  cwd: '/',
  model: 'm',
  endpoint: 'e',
  ...more,
});

test.each([
  [{ store: {} as Store }],
  [{ permissionMode: 'bypassPermissions' as const }],
  [{ publicOrigin: 'chat.example.org' }],
  [{ publicOrigin: 'https://chat.example.org/' }],
  [{ publicOrigin: 'https://chat.example.org/path' }],
  [{ publicOrigin: 'http://chat.example.org' }],
  [{ publicOrigin: 'http://192.168.1.4:4000' }],
  [{ publicOrigin: 'ftp://localhost' }],
])('refuses %j', (more) => {
  expect(() => checkAppOptions(options(more))).toThrow(ConfigurationError);
});

test.each([
  [{}],
  [{ engine: undefined }],
  [{ permissionMode: 'bypassPermissions' as const, allowUnsandboxed: true }],
  [{ publicOrigin: 'https://chat.example.org' }],
  [{ publicOrigin: 'http://localhost:4000' }],
  [{ publicOrigin: 'http://[::1]:4000' }],
])('takes %j', (more) => {
  expect(() => checkAppOptions(options(more))).not.toThrow();
});
