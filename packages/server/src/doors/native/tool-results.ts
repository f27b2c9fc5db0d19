import type { Hono } from 'hono';
import type { App, AppEnv } from '../../app-env.ts';
import { parse } from '../../http/parse.ts';
import { readJson } from '../../http/read-json.ts';
import { ToolResultBody } from './schemas.ts';

/** `POST /v1/sessions/{id}/tool_results`: what a client's tool has given. Durable before the 2xx; the first result of a call wins. */
export function addToolResults(hono: Hono<AppEnv>, app: App): void {
  hono.post('/v1/sessions/:id/tool_results', async (c) => {
    const { tool_use_id: toolUseId, content, is_error: isError } = parse(ToolResultBody, await readJson(c.req.raw));
    const principal = c.get('principal');
    const { id } = (await app.sessions.getToWrite(principal, c.req.param('id'))).row;
    const by = principal.name;
    return c.json(
      await app.host.use(id, (session) => session.control('toolResult', { toolUseId, content, isError, by })),
    );
  });
}
