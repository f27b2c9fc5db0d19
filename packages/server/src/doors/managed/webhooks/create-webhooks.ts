import { ConfigurationError } from 'colloquy';
import { type AllowedHost, parseAllowedHost, type Store } from 'colloquy/internal';
import type { AppOptions } from '../../../app-options.ts';
import type { Sessions } from '../../../resources/sessions.ts';
import { WebhookRunner } from '../../../resources/webhooks/webhook-runner.ts';
import type { Tables } from '../../../store/tables.ts';
import type { EventLog } from '../events/event-log.ts';
import { SessionChanges } from './session-changes.ts';

/** The webhooks of a server. */
export type Webhooks = WebhookRunner & {
  /** Erases a session, and tells of it once it is gone. */
  whileErasing(uuid: string, erase: () => Promise<void>): Promise<void>;
};

export function createWebhooks(
  options: AppOptions,
  o: {
    tables: () => Promise<Tables>;
    store: () => Promise<Store>;
    sessions: Sessions;
    log: EventLog;
    signal: AbortSignal;
    onError: (error: unknown) => void;
  },
): Webhooks {
  const changes = new SessionChanges(o);
  const runner = new WebhookRunner({
    ...o,
    allowed: allowedHosts(options.webhooks?.allowedHosts ?? []),
    lookForChanges: (signal) => changes.look(signal),
  });
  return Object.assign(runner, {
    async whileErasing(uuid: string, erase: () => Promise<void>): Promise<void> {
      // What has happened in it can only be told while it is there.
      if ((await o.sessions.has(uuid)) && (await runner.isWanted())) await changes.tell(await o.sessions.stored(uuid));
      await erase();
      await changes.deleted(uuid);
      runner.wake();
    },
  });
}

/** @throws ConfigurationError */
function allowedHosts(texts: readonly string[]): AllowedHost[] {
  return texts.map((text) => {
    const host = parseAllowedHost(text);
    if (host !== undefined) return host;
    throw new ConfigurationError(
      `webhooks.allowedHosts must be made of hosts such as hooks.example.org, 127.0.0.1:8080 or 10.0.0.0/8; "${text}" is none`,
    );
  });
}
