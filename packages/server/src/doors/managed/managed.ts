import type { Hono } from 'hono';
import type { App, AppEnv } from '../../app-env.ts';
import { addAgents } from './agents.ts';
import { addEnvironments } from './environments.ts';

/** The Managed Agents API, apart from what no file here adds: that is a 404. */
export function addManaged(hono: Hono<AppEnv>, app: App): void {
  addAgents(hono, app);
  addEnvironments(hono, app);
}
