import type { Hono } from 'hono';
import { z } from 'zod';
import type { App, AppEnv } from '../../app-env.ts';
import { parse } from '../../http/parse.ts';
import { toSessionObject } from '../../resources/session-object.ts';
import { toMarkdown } from '../../resources/transcript/to-markdown.ts';

const ExportQuery = z.strictObject({ format: z.enum(['markdown', 'json']).default('markdown') });

/** `GET /v1/sessions/{id}/export?format=markdown|json`: the conversation as a file. */
export function addExport(hono: Hono<AppEnv>, app: App): void {
  hono.get('/v1/sessions/:id/export', async (c) => {
    const { format } = parse(ExportQuery, c.req.query());
    const session = await app.sessions.get(c.get('principal'), c.req.param('id'));
    const { row } = session;
    const messages = await app.engine.sessions.messages(row.id);
    const extension = format === 'json' ? 'json' : 'md';
    c.header('content-disposition', `attachment; filename="conversation-${row.id}.${extension}"`);
    if (format === 'json') return c.json({ session: toSessionObject(session), messages });
    const title = row.title ?? row.firstPrompt ?? 'A conversation';
    const text = toMarkdown({ title, id: row.id, model: session.model, createdAt: row.createdAt }, messages);
    return c.body(text, 200, { 'content-type': 'text/markdown; charset=utf-8' });
  });
}
