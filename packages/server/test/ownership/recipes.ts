import { newSecret } from '../../src/auth/secrets.ts';
import { formWith, type Plants, WEBHOOK_HOST } from './plants.ts';

/**
 * How a route is called in the matrix. The ids in it are things of the user whose plants are given; whoever else calls it must learn
 * nothing from them.
 */
export type Recipe = {
  /** What its owner is answered. */
  owner: number;
  /** Path parameters by their names. */
  params?: (plants: Plants) => Promise<Record<string, string>>;
  /** JSON, or a form. */
  body?: (plants: Plants) => Promise<unknown>;
  /** With its question mark. */
  query?: (plants: Plants) => Promise<string>;
  /** For admins only: everybody else is answered 403, whatever is asked for. */
  admin?: true;
  /** What an observer of the owner is answered; by default what the owner is for a GET, and 403 for the rest. */
  observer?: number;
};

const session = async (plants: Plants) => ({ id: await plants.session() });
const newSession = async (plants: Plants) => ({ id: await plants.newSession() });
const prompt = async (plants: Plants) => ({ ...(await session(plants)), uuid: await plants.promptUuid() });
const managed = async (plants: Plants) => ({ id: await plants.managedSession() });
const newManaged = async (plants: Plants) => ({ id: await plants.newManagedSession() });
const managedSession = async (plants: Plants) => ({
  agent: await plants.agent(),
  environment_id: await plants.environment(),
  resources: [{ type: 'file', file_id: await plants.file() }],
});
const resourceOf = async (plants: Plants, id: string) => ({
  id,
  resource: await plants.firstOf(`/v1/sessions/${id}/resources`),
});
const resource = async (plants: Plants) => resourceOf(plants, await plants.managedSession());
const newResource = async (plants: Plants) => resourceOf(plants, await plants.newManagedSession());
const thread = async (plants: Plants) => {
  const id = await plants.managedSession();
  return { id, thread: await plants.firstOf(`/v1/sessions/${id}/threads`) };
};
const webhook = async (plants: Plants) => ({ id: await plants.webhook() });
const newWebhook = async (plants: Plants) => ({ id: await plants.newWebhook() });
const queue = async (plants: Plants) => ({ id: await plants.selfHosted() });
const work = async (plants: Plants) => {
  const id = await plants.selfHosted();
  return { id, work: await plants.firstOf(`/v1/environments/${id}/work`) };
};
const agent = async (plants: Plants) => ({ id: await plants.agent() });
const newAgent = async (plants: Plants) => ({ id: await plants.newAgent() });
const environment = async (plants: Plants) => ({ id: await plants.environment() });
const newEnvironment = async (plants: Plants) => ({ id: await plants.newEnvironment() });
const file = async (plants: Plants) => ({ id: await plants.file() });
const newFile = async (plants: Plants) => ({ id: await plants.newFile() });
const json = (value: unknown) => async () => value;
const user = (content: string) => ({ type: 'user', message: { role: 'user', content }, parent_tool_use_id: null });

/** A line for each route. A route without one fails the test: put it here, with whatever of its plants its ids are. */
export const RECIPES: Record<string, Recipe> = {
  'POST /auth/sign-out': { owner: 400, observer: 400, body: json({}) },
  'GET /v1/native/info': { owner: 200 },
  'GET /v1/native/search': { owner: 200, query: async ({ mark }) => `?q=${mark}` },

  'GET /v1/native/keys': { owner: 200, admin: true },
  'POST /v1/native/keys': { owner: 201, admin: true, body: async () => ({ name: newSecret() }) },
  'DELETE /v1/native/keys/:id': {
    owner: 404,
    admin: true,
    params: async () => ({ id: 'key_00000000000000000000000000' }),
  },

  'GET /v1/native/webhooks': { owner: 200 },
  'POST /v1/native/webhooks': { owner: 201, body: json({ url: `http://${WEBHOOK_HOST}/` }) },
  'GET /v1/native/webhooks/:id': { owner: 200, params: webhook },
  'POST /v1/native/webhooks/:id': { owner: 200, params: newWebhook, body: json({ enabled: true }) },
  'POST /v1/native/webhooks/:id/test': { owner: 200, params: webhook },
  'DELETE /v1/native/webhooks/:id': { owner: 204, params: newWebhook },

  'GET /v1/native/sessions': { owner: 200 },
  'POST /v1/native/sessions': { owner: 201, body: json({ options: {} }) },
  'GET /v1/native/sessions/:id': { owner: 200, params: session },
  'POST /v1/native/sessions/:id': { owner: 200, params: newSession, body: json({ title: 'Mine now' }) },
  'DELETE /v1/native/sessions/:id': { owner: 204, params: newSession },
  'GET /v1/native/sessions/:id/messages': { owner: 200, params: session },
  'GET /v1/native/sessions/:id/pending': { owner: 200, params: session },
  'POST /v1/native/sessions/:id/fork': { owner: 201, params: session, body: json({}) },
  'GET /v1/sessions/:id/log': { owner: 200, params: session },
  'GET /v1/sessions/:id/export': { owner: 200, params: session },
  'GET /v1/sessions/:id/messages/stream': { owner: 200, params: session },
  'GET /v1/sessions/:id/viewers': { owner: 200, params: session },
  'POST /v1/sessions/:id/messages': {
    owner: 202,
    params: newSession,
    body: json({ ...user('Hello'), shouldQuery: false }),
  },
  'POST /v1/sessions/:id/control': { owner: 200, params: session, body: json({ name: 'serverInfo' }) },
  'POST /v1/sessions/:id/answers': {
    owner: 400,
    params: session,
    body: json({ request: 1, decision: { behavior: 'allow' } }),
  },
  'POST /v1/sessions/:id/tool_results': { owner: 400, params: session, body: json({ tool_use_id: 't', content: 'x' }) },
  'GET /v1/sessions/:id/queue': { owner: 200, params: session },
  'POST /v1/sessions/:id/queue/:uuid': { owner: 409, params: prompt, body: json({ content: 'Other' }) },
  'DELETE /v1/sessions/:id/queue/:uuid': { owner: 409, params: prompt },
  'GET /v1/sessions/:id/receipts/:seq': {
    owner: 200,
    params: async (plants) => ({ ...(await session(plants)), seq: '1' }),
  },
  'POST /v1/sessions/:id/rewind': {
    owner: 200,
    params: session,
    body: async (plants) => ({ to: await plants.promptUuid() }),
  },

  'GET /v1/sessions': { owner: 200, query: async (plants) => `?agent_id=${await plants.agent()}` },
  'POST /v1/sessions': { owner: 200, body: managedSession },
  'GET /v1/sessions/:id': { owner: 200, params: managed },
  'POST /v1/sessions/:id': { owner: 200, params: newManaged, body: json({ title: 'Mine now' }) },
  'POST /v1/sessions/:id/archive': { owner: 200, params: newManaged },
  'DELETE /v1/sessions/:id': { owner: 200, params: newManaged },
  'GET /v1/sessions/:id/events': { owner: 200, params: managed },
  'POST /v1/sessions/:id/events': {
    owner: 200,
    params: newManaged,
    body: async (plants) => ({
      events: [
        {
          type: 'user.message',
          content: [{ type: 'document', source: { type: 'file', file_id: await plants.file() } }],
        },
      ],
    }),
  },
  'GET /v1/sessions/:id/events/stream': { owner: 200, params: managed },

  'GET /v1/sessions/:id/resources': { owner: 200, params: managed },
  'POST /v1/sessions/:id/resources': {
    owner: 200,
    params: newManaged,
    body: async (plants) => ({ type: 'file', file_id: await plants.newFile() }),
  },
  'GET /v1/sessions/:id/resources/:resource': { owner: 200, params: resource },
  'POST /v1/sessions/:id/resources/:resource': {
    owner: 400,
    params: resource,
    body: json({ authorization_token: 't' }),
  },
  'DELETE /v1/sessions/:id/resources/:resource': { owner: 200, params: newResource },
  'GET /v1/sessions/:id/threads': { owner: 200, params: managed },
  'GET /v1/sessions/:id/threads/:thread': { owner: 200, params: thread },
  'POST /v1/sessions/:id/threads/:thread/archive': { owner: 400, params: thread },
  'GET /v1/sessions/:id/threads/:thread/events': { owner: 200, params: thread },
  'GET /v1/sessions/:id/threads/:thread/stream': { owner: 200, params: thread },

  'GET /v1/agents': { owner: 200 },
  'POST /v1/agents': { owner: 200, body: json({ name: 'Another', model: 'claude-opus-5-5' }) },
  'GET /v1/agents/:id': { owner: 200, params: agent },
  'POST /v1/agents/:id': { owner: 200, params: newAgent, body: json({ name: 'Mine now' }) },
  'POST /v1/agents/:id/archive': { owner: 200, params: newAgent },
  'GET /v1/agents/:id/versions': { owner: 200, params: agent },

  'GET /v1/environments': { owner: 200 },
  'POST /v1/environments': { owner: 200, body: async () => ({ name: newSecret() }) },
  'GET /v1/environments/:id': { owner: 200, params: environment },
  'POST /v1/environments/:id': { owner: 200, params: newEnvironment, body: json({ description: 'Mine now' }) },
  'POST /v1/environments/:id/archive': { owner: 200, params: newEnvironment },
  'DELETE /v1/environments/:id': { owner: 200, params: newEnvironment },

  'GET /v1/environments/:id/work': { owner: 200, params: queue },
  'GET /v1/environments/:id/work/stats': { owner: 200, params: queue },
  'GET /v1/environments/:id/work/poll': { owner: 200, params: queue, observer: 403 },
  'GET /v1/environments/:id/work/:work': { owner: 200, params: work },
  'POST /v1/environments/:id/work/:work': { owner: 200, params: work, body: json({ metadata: { a: 'b' } }) },
  'POST /v1/environments/:id/work/:work/ack': { owner: 409, params: work },
  'POST /v1/environments/:id/work/:work/heartbeat': { owner: 200, params: work },
  'POST /v1/environments/:id/work/:work/stop': { owner: 409, params: work, body: json({}) },

  'GET /v1/files': { owner: 200, query: async (plants) => `?scope_id=${await plants.managedSession()}` },
  'POST /v1/files': { owner: 200, body: async () => formWith('Another') },
  'GET /v1/files/:id': { owner: 200, params: file },
  'GET /v1/files/:id/content': { owner: 200, params: file },
  'DELETE /v1/files/:id': { owner: 200, params: newFile },
};
