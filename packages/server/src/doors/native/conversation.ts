import type { Controls, HostedSession } from 'colloquy/internal';
import type { Context, Hono } from 'hono';
import type { z } from 'zod';
import type { App, AppEnv } from '../../app-env.ts';
import { HttpError } from '../../http/http-error.ts';
import { parse } from '../../http/parse.ts';
import { readJson } from '../../http/read-json.ts';
import { sessionUuid, uuidFrom } from '../../resources/ids.ts';
import { refuseArchived, type StoredSession } from '../../resources/sessions.ts';
import { AnswerBody, ControlBody, NamedBody, UserMessageBody } from './schemas.ts';
import { refuseUnsandboxed } from './sessions.ts';

/** What a client says to a session: prompts, controls, and answers to permission requests. Each is durable before its 2xx. */
export function addConversation(hono: Hono<AppEnv>, app: App): void {
  hono.post('/v1/sessions/:id/messages', async (c) => {
    const message = parse(UserMessageBody, await readJson(c.req.raw));
    const session = await app.sessions.getToWrite(c.get('principal'), c.req.param('id'));
    refuseArchived(session);
    const { id } = session.row;
    // An id in the body is no second way to name a session.
    if (message.session_id !== undefined && sessionUuid(message.session_id) !== id) {
      throw new HttpError(400, 'session_id: names another session than the path');
    }
    const uuid = message.uuid ?? uuidFrom(c.get('nonce'), 'prompt');
    return c.json(await app.host.use(id, (open) => open.send({ ...message, uuid })), 202);
  });

  hono.post('/v1/sessions/:id/control', async (c) => {
    const control = parse(ControlBody, await readJson(c.req.raw));
    const session = await app.sessions.getToWrite(c.get('principal'), c.req.param('id'));
    refuseOfAgent(session, control.name);
    const { id } = session.row;
    if (control.name === 'setPermissionMode') refuseUnsandboxed(control.args.mode, app);
    const by = c.get('principal').name;
    const result = await app.host.use(id, (open) => callControl(open, control, by));
    await noteSettings(app, id, control, result);
    return c.json(result);
  });

  hono.post('/v1/sessions/:id/answers', async (c) => {
    const { request, decision } = parse(AnswerBody, await readJson(c.req.raw));
    const { id } = (await app.sessions.getToWrite(c.get('principal'), c.req.param('id'))).row;
    const updates = decision.behavior === 'allow' ? (decision.updatedPermissions ?? []) : [];
    for (const update of updates) if (update.type === 'setMode') refuseUnsandboxed(update.mode, app);
    const by = c.get('principal').name;
    return c.json(await app.host.use(id, (session) => session.control('answer', { request, decision, by })));
  });
}

/** A prompt that its client has named is the same prompt however often it is sent: the log sees to that. */
export async function isNamedPrompt(c: Context<AppEnv>): Promise<boolean> {
  if (!/^\/v1\/sessions\/[^/]+\/messages$/.test(c.req.path)) return false;
  // What is wrong with it the route tells.
  const body = await readJson(c.req.raw).catch(() => undefined);
  return NamedBody.safeParse(body).success;
}

/** What an agent decides is not set beside it. @throws HttpError 400 */
function refuseOfAgent(session: StoredSession, name: z.infer<typeof ControlBody>['name']): void {
  if (name === 'getTaskOutput' || name === 'serverInfo') return;
  refuseArchived(session);
  if (session.managed === undefined) return;
  if (name === 'setPermissionMode')
    throw new HttpError(400, 'setPermissionMode: the policies of its agent decide what this session asks about');
  if (name === 'setModel') throw new HttpError(400, 'setModel: the agent of this session says which model it has');
}

/** What lists and the session's own object tell of it. */
async function noteSettings(
  { sessions }: App,
  id: string,
  control: z.infer<typeof ControlBody>,
  result: Awaited<ReturnType<typeof callControl>>,
): Promise<void> {
  if (control.name === 'setPermissionMode') await sessions.noteSettings(id, { permissionMode: control.args.mode });
  if (control.name === 'setModel' && 'model' in result) await sessions.noteSettings(id, { model: result.model });
}

function callControl(
  session: HostedSession,
  control: z.infer<typeof ControlBody>,
  by: string,
): Promise<Controls[keyof Controls]['result']> {
  switch (control.name) {
    case 'interrupt':
      return session.control('interrupt', { ...control.args, by });
    case 'setPermissionMode':
      return session.control('setPermissionMode', { ...control.args, by });
    case 'setModel':
      return session.control('setModel', { ...control.args, by });
    case 'stopTask':
      return session.control('stopTask', control.args);
    case 'backgroundTasks':
      return session.control('backgroundTasks', control.args);
    case 'getTaskOutput':
      return session.control('getTaskOutput', control.args);
    case 'serverInfo':
      return session.control('serverInfo', control.args);
    default:
      return control satisfies never;
  }
}
