import type { Hono } from 'hono';
import { listModels } from 'colloquy/internal';
import type { App, AppEnv } from '../../app-env.ts';
import { sandboxState } from '../../sandbox-state.ts';
import { VERSION } from '../../version.ts';

/** Modes that a page may offer, in this order; `bypassPermissions` only where the operator has allowed it. */
const PERMISSION_MODES = ['default', 'acceptEdits', 'plan', 'dontAsk', 'readOnly', 'strict'] as const;

/** `GET /v1/native/info`: what this server is, for the page's first sight. */
export function addInfo(hono: Hono<AppEnv>, { options }: App): void {
  hono.get('/v1/native/info', async (c) =>
    c.json({
      version: VERSION,
      model: options.model,
      simulated: options.simulated ?? false,
      endpoint: options.endpoint,
      cwd: options.cwd,
      // Under this name the caller's own answers and interrupts are told to everybody.
      you: c.get('principal').name,
      permissionMode: options.permissionMode ?? 'default',
      sandbox: await sandboxState(options),
      permissionModes: [...PERMISSION_MODES, ...(options.allowUnsandboxed === true ? ['bypassPermissions'] : [])],
      models: listModels().map(({ id, displayName }) => ({ value: id, displayName })),
    }),
  );
}
