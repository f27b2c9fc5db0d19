import type { Context, Hono } from 'hono';
import type { App, AppEnv } from '../../app-env.ts';
import { HttpError } from '../../http/http-error.ts';
import { parse } from '../../http/parse.ts';
import { readJson } from '../../http/read-json.ts';
import { uuidFrom } from '../../resources/ids.ts';
import { receiptOf } from '../../resources/receipt.ts';
import { refuseArchived } from '../../resources/sessions.ts';
import { EditPromptBody, RewindBody, SeqParam } from './schemas.ts';

/** The prompts that wait, what has become of what was said, and the way back to before a prompt. */
export function addQueue(hono: Hono<AppEnv>, app: App): void {
  const toWrite = async (c: Context<AppEnv>): Promise<string> =>
    (await app.sessions.getToWrite(c.get('principal'), c.req.param('id') ?? '')).row.id;

  hono.get('/v1/sessions/:id/queue', async (c) => {
    const { row } = await app.sessions.get(c.get('principal'), c.req.param('id'));
    return c.json({ data: await app.host.use(row.id, (session) => session.control('queue', {})) });
  });

  hono.post('/v1/sessions/:id/queue/:uuid', async (c) => {
    const { content, priority } = parse(EditPromptBody, await readJson(c.req.raw));
    const id = await toWrite(c);
    const args = {
      uuid: c.req.param('uuid'),
      content,
      priority,
      newUuid: uuidFrom(c.get('nonce'), 'prompt'),
      by: c.get('principal').name,
    };
    const edited = await app.host.use(id, (session) => session.control('editPrompt', args));
    if ('taken' in edited) throw waitsNoLonger();
    return c.json(edited);
  });

  hono.delete('/v1/sessions/:id/queue/:uuid', async (c) => {
    const id = await toWrite(c);
    const args = { uuid: c.req.param('uuid'), by: c.get('principal').name };
    const { withdrawn, seq } = await app.host.use(id, (session) => session.control('withdraw', args));
    if (!withdrawn) throw waitsNoLonger();
    return c.json({ withdrawn, seq });
  });

  hono.get('/v1/sessions/:id/receipts/:seq', async (c) => {
    const seq = parse(SeqParam, c.req.param('seq'));
    const { row } = await app.sessions.get(c.get('principal'), c.req.param('id'));
    const receipt = await receiptOf(await app.engine.store(), row.id, seq);
    if (receipt === undefined)
      throw new HttpError(404, `Nothing that has a receipt was said at ${seq} of this session`);
    return c.json(receipt);
  });

  hono.post('/v1/sessions/:id/rewind', async (c) => {
    const { to } = parse(RewindBody, await readJson(c.req.raw));
    const stored = await app.sessions.getToWrite(c.get('principal'), c.req.param('id'));
    refuseArchived(stored);
    const by = c.get('principal').name;
    return c.json(await app.host.use(stored.row.id, (session) => session.control('rewind', { to, by })));
  });
}

function waitsNoLonger(): HttpError {
  return new HttpError(409, 'This prompt does not wait any longer: a turn has taken it, or it was withdrawn');
}
