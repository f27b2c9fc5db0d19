import type { Input, NewEntry } from 'colloquy/internal';
import { modelInfo } from 'colloquy/internal';
import type { App } from '../../../app-env.ts';
import type { Principal } from '../../../auth/principal.ts';
import { mustWrite } from '../../../auth/ownership.ts';
import { HttpError } from '../../../http/http-error.ts';
import { resolveAgent } from '../../../resources/agents/resolve-agent.ts';
import { environmentForSession } from '../../../resources/environments/environments.ts';
import { uuidFrom } from '../../../resources/ids.ts';
import type { Budget, ManagedData } from '../../../resources/managed-session.ts';
import { patchMetadata } from '../../../resources/metadata.ts';
import type { StoredSession } from '../../../resources/sessions.ts';
import { newFileRoom, resolveContent } from '../events/resolve-content.ts';
import { mountAll, resolveFiles } from './file-resources.ts';
import type { SessionCreateInput } from './session-bodies.ts';

/**
 * Makes a session, with its folder, its files and its first messages: all of it, or nothing. Done twice with the same nonce, it makes
 * one.
 * @throws HttpError 400 and 404 for what the body names, 403
 */
export async function createSession(
  app: App,
  principal: Principal,
  input: SessionCreateInput,
  nonce: string,
): Promise<StoredSession> {
  mustWrite(principal);
  const tables = await app.tables();
  const agent = await resolveAgent(tables, principal, input.agent);
  const environment = await environmentForSession(tables, principal, input.environment_id);
  const budget = input.budget ?? null;
  if (budget !== null) checkBudgetable(agent.model.id);
  const prompts = await firstPrompts(app, principal, input.initial_events ?? [], nonce);
  const isSelfHosted = environment.config.type === 'self_hosted';
  const files = await resolveFiles(app, principal, input.resources ?? [], { nonce, isSelfHosted });
  const data: ManagedData = {
    agent,
    environmentId: environment.id,
    isSelfHosted,
    metadata: patchMetadata({}, input.metadata),
    resources: files.map(({ resource }) => resource),
    firstBudget: budget,
    budget,
    archivedAt: null,
  };
  const { session, isNew } = await app.sessions.createManaged(principal, data, {
    nonce,
    title: input.title === null || input.title === '' ? undefined : input.title,
  });
  const { id } = session.row;
  try {
    await mountAll(app, session.row.cwd, files);
    // The engine checks the options when it opens the session.
    await app.host.use(id, async (open) => {
      if (prompts.length > 0) await open.input(prompts);
    });
  } catch (error) {
    if (isNew) await erase(app, id);
    throw error;
  }
  const made = await app.sessions.stored(id);
  if (prompts.length > 0) app.events.onSessionHasWork(made);
  return made;
}

/** @throws HttpError 400 `model_not_budgetable` */
export function checkBudgetable(model: string): void {
  if (modelInfo(model).price !== undefined) return;
  throw new HttpError(400, `budget: the price of ${model} is not known, so that its costs cannot be counted`, {
    details: { error_code: 'model_not_budgetable' },
  });
}

/** What a budget allows, in cents. */
export function centsOf({ max_list_cost }: Budget): number {
  return Number(max_list_cost.amount);
}

async function firstPrompts(
  app: App,
  principal: Principal,
  events: NonNullable<SessionCreateInput['initial_events']>,
  nonce: string,
): Promise<NewEntry<Input>[]> {
  const prompts: NewEntry<Input>[] = [];
  const room = newFileRoom();
  for (const [index, event] of events.entries()) {
    if (event.type !== 'user.message') continue;
    const uuid = uuidFrom(nonce, `event:${index}`);
    const content = await resolveContent(app, principal, event.content, { place: `initial_events.${index}`, room });
    const common = { origin: null, priority: 'later' as const, startsTurn: true, once: `key:${uuid}` };
    prompts.push({ kind: 'prompt', uuid, content, by: principal.name, ...common });
  }
  return prompts;
}

/** What was begun leaves nothing behind. */
async function erase(app: App, id: string): Promise<void> {
  await app.host.remove(id, async () => {
    const store = await app.engine.store();
    await store.sessions.delete(id);
  });
  await app.folders.remove(id);
}
