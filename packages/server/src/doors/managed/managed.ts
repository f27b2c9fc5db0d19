import type { Hono } from 'hono';
import type { App, AppEnv } from '../../app-env.ts';
import { addAgents } from './agents.ts';
import { addEnvironments } from './environments.ts';
import { addEvents } from './events/events.ts';
import { addFiles } from './files.ts';
import { addResources } from './sessions/session-resources.ts';
import { addManagedSessions } from './sessions/sessions.ts';
import { addThreads } from './sessions/threads.ts';
import { addWork } from './work/work.ts';

/** The Managed Agents API, apart from what no file here adds: that is a 404. */
export function addManaged(hono: Hono<AppEnv>, app: App): void {
  addAgents(hono, app);
  addEnvironments(hono, app);
  addFiles(hono, app);
  addManagedSessions(hono, app);
  addResources(hono, app);
  addThreads(hono, app);
  addEvents(hono, app);
  addWork(hono, app);
}
