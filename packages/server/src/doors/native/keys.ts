import type { Hono } from 'hono';
import { z } from 'zod';
import type { App, AppEnv } from '../../app-env.ts';
import type { ApiKey } from '../../auth/api-keys.ts';
import { toKeyObject } from '../../auth/key-object.ts';
import { mustBeAdmin } from '../../auth/ownership.ts';
import { LOCAL_USER, ROLES } from '../../auth/principal.ts';
import { HttpError } from '../../http/http-error.ts';
import { isBeyond, pageFields, pageRequest, type Place, toPage } from '../../http/page.ts';
import { parse } from '../../http/parse.ts';
import { parseQuery } from '../../http/query.ts';
import { readJson } from '../../http/read-json.ts';
import { idFrom } from '../../resources/ids.ts';

const CreateKeyBody = z.strictObject({
  name: z.string(),
  user: z.string().default(LOCAL_USER),
  role: z.enum(ROLES).default('user'),
  expires_at: z.iso
    .datetime({ offset: true })
    .transform((text) => Date.parse(text))
    .nullish(),
  environment_id: z.string().min(1).max(100).nullish(),
});

const ListKeysQuery = z.strictObject(pageFields);

/** `/v1/native/keys`, for admins: make, list, revoke. */
export function addKeys(hono: Hono<AppEnv>, { auth }: App): void {
  hono.post('/v1/native/keys', async (c) => {
    mustBeAdmin(c.get('principal'));
    const { name, user, role, expires_at, environment_id } = parse(CreateKeyBody, await readJson(c.req.raw));
    const { key, secret } = await auth.keys.create(
      { name, user, role, expiresAt: expires_at ?? undefined, environment: environment_id ?? undefined },
      idFrom('key', c.get('nonce')),
    );
    await auth.countUsers();
    c.set('keepAnswer', false);
    return c.json({ ...toKeyObject(key), secret }, 201);
  });

  hono.get('/v1/native/keys', async (c) => {
    mustBeAdmin(c.get('principal'));
    const request = pageRequest(parseQuery(ListKeysQuery, c.req.raw), { list: 'keys', order: 'desc' });
    const placeOf = (key: ApiKey): Place => [key.created_at, key.id];
    const keys = (await auth.keys.list()).filter((key) => isBeyond(request, placeOf(key)));
    return c.json(toPage(request, keys.slice(0, request.limit + 1), { placeOf, toObject: toKeyObject }));
  });

  hono.delete('/v1/native/keys/:id', async (c) => {
    mustBeAdmin(c.get('principal'));
    const id = c.req.param('id');
    const key = await auth.keys.revoke(id);
    if (key === undefined) throw new HttpError(404, `There is no key ${id.slice(0, 100)} in use`);
    await Promise.all([auth.streams.recheck(), auth.countUsers()]);
    return c.json(toKeyObject(key));
  });
}
