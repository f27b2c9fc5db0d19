import { access, link, mkdir, readdir, readFile, realpath, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Anthropic, toFile } from '@anthropic-ai/sdk';
import { expect, test } from 'vitest';
import { FileBlobs } from '../../src/resources/files/file-blobs.ts';
import { mountFile, mountPathOf, unmountFile } from '../../src/resources/files/mount-file.ts';
import { tidyFiles } from '../../src/resources/files/tidy-files.ts';
import { openDatabase } from '../../src/store/open-database.ts';
import { openTables } from '../../src/store/tables.ts';
import { createSession, temporaryFolder } from '../running-server.ts';
import { all, caught, type Managed, refusal, startManaged } from './fixture.ts';

const bytesOf = async (response: Response): Promise<string> => Buffer.from(await response.arrayBuffer()).toString();
const stored = (folder: string): Promise<string[]> => readdir(join(folder, 'files')).catch(() => []);

test('what is uploaded comes back byte for byte, as something to save', async () => {
  const { client, folder } = await startManaged();
  const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, n) => (n * 7) % 256));
  const file = await client.beta.files.upload({ file: await toFile(bytes, 'data/ü "x".bin', { type: 'text/html' }) });
  expect(file).toEqual({
    id: expect.stringMatching(/^file_[0-9a-z]{26}$/),
    type: 'file',
    filename: 'ü "x".bin',
    mime_type: 'text/html',
    size_bytes: 100_000,
    downloadable: true,
    expires_at: null,
    scope: null,
    created_at: expect.stringMatching(/^\d{4}-/),
  });
  expect(await client.beta.files.retrieveMetadata(file.id)).toEqual(file);
  const content = await client.beta.files.download(file.id);
  expect(Buffer.from(await content.arrayBuffer()).equals(bytes)).toBe(true);
  expect(Object.fromEntries(content.headers)).toMatchObject({
    'content-type': 'text/html',
    'content-length': '100000',
    'content-disposition': `attachment; filename="_ _x_.bin"; filename*=UTF-8''%C3%BC%20%22x%22.bin`,
    'x-content-type-options': 'nosniff',
    'content-security-policy': "sandbox; default-src 'none'",
  });
  expect(await stored(folder)).toEqual([file.id]);
});

test('an empty file is a file; without a name it is called after its type', async () => {
  const { client } = await startManaged();
  const file = await client.beta.files.upload({ file: await toFile(Buffer.alloc(0), '..', { type: 'text/csv' }) });
  expect(file).toMatchObject({ filename: 'unnamed.csv', size_bytes: 0 });
  expect(await bytesOf(await client.beta.files.download(file.id))).toBe('');
});

test('the type of a file without one is taken from its name', async () => {
  const { client } = await startManaged();
  const form = new FormData();
  form.append('file', new Blob(['# hi']), 'READ.MD');
  const file = await client.post<{ mime_type: string }>('/v1/files', { body: form });
  expect(file.mime_type).toBe('text/markdown');
});

test('a deleted file is gone, from the disk too', async () => {
  const { client, folder } = await startManaged();
  const { id } = await client.beta.files.upload({ file: await toFile(Buffer.from('secret'), 'a.txt') });
  expect(await client.beta.files.delete(id)).toEqual({ id, type: 'file_deleted' });
  expect(await stored(folder)).toEqual([]);
  const gone = `NotFoundError 404 There is no file ${id}`;
  expect(await refusal(client.beta.files.retrieveMetadata(id))).toBe(gone);
  expect(await refusal(client.beta.files.download(id))).toBe(gone);
  expect(await refusal(client.beta.files.delete(id))).toBe(gone);
  expect((await readFile(join(folder, 'server.db'))).includes('a.txt')).toBe(false);
});

test('lists come in pages, newest first, or of ids that are asked for', async () => {
  const { client } = await startManaged();
  const ids: string[] = [];
  for (const name of ['a', 'b', 'c', 'd', 'e']) {
    ids.push((await client.beta.files.upload({ file: await toFile(Buffer.from(name), name) })).id);
  }
  const listed = await all(client.beta.files.list({ limit: 2 }));
  expect(listed.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
  const [first = '', second = ''] = ids;
  const some = await client.beta.files.list({ ids: [first, second, first, 'file_none'] });
  expect(some.data.map(({ id }) => id).toSorted()).toEqual([first, second].toSorted());
  expect(some.next_page).toBeNull();
  expect(await refusal(client.beta.files.list({ ids, limit: 2 }))).toMatch(/^BadRequestError 400 ids:/);
  const many = Array.from({ length: 101 }, (_, n) => `file_${n}`);
  expect(await refusal(client.beta.files.list({ ids: many }))).toBe('BadRequestError 400 ids: are more than 100');
});

test('a file expires: it is told so, and its bytes go', async () => {
  const { client, folder } = await startManaged();
  const file = await client.beta.files.upload({
    file: await toFile(Buffer.from('short-lived'), 'a.txt'),
    expires_in_seconds: 3_600,
  });
  expect(Date.parse(file.expires_at ?? '') - Date.parse(file.created_at)).toBe(3_600_000);
  const tables = await openTables(folder);
  await tables
    .updateTable('file')
    .set({ expires_at: 1_000 + Date.now() - 2_000 })
    .execute();
  const expired = `FileExpiredError 404 The file ${file.id} has expired`;
  expect(await refusal(client.beta.files.download(file.id))).toBe(expired);
  expect(await all(client.beta.files.list())).toEqual([]);
  await tidyFiles({ tables, blobs: new FileBlobs(folder) });
  await tables.destroy();
  expect(await stored(folder)).toEqual([]);
  expect(await refusal(client.beta.files.retrieveMetadata(file.id))).toBe(expired);
});

const form = (...fields: [name: string, value: string | Blob][]): FormData => {
  const made = new FormData();
  for (const [name, value] of fields) {
    if (typeof value === 'string') made.append(name, value);
    else made.append(name, value, 'a.txt');
  }
  return made;
};
const blob = (bytes: number): Blob => new Blob([Buffer.alloc(bytes, 'x')]);
test.each([
  ['no file', form(['expires_in_seconds', '3600']), '400 file: is missing'],
  ['two files', form(['file', blob(1)], ['file', blob(1)]), '400 file: one file at a time'],
  ['too short a life', form(['file', blob(1)], ['expires_in_seconds', '60']), '400 expires_in_seconds'],
  ['an unknown field', form(['file', blob(1)], ['colour', 'red']), '400 colour: not known here'],
  ['a large file', form(['file', blob(2_000)]), '413 file: is larger than 1000 bytes'],
  ['more than fits, declared', form(['file', blob(200_000)]), '413 file: is larger than 1000 bytes'],
])('%s is refused, and nothing is left of it', async (_, body, told) => {
  const { client, folder } = await startManaged({ files: { maxFileBytes: 1_000 } });
  expect(await refusal(client.post('/v1/files', { body }))).toContain(told);
  expect([await stored(folder), await all(client.beta.files.list())]).toEqual([[], []]);
});

test('the files of a user have a bound together, also when they come at once; another user has his own', async () => {
  const managed = await startManaged({ files: { maxBytesPerUser: 2_500 } });
  const upload = async (client: Anthropic) =>
    client.beta.files.upload({ file: await toFile(Buffer.alloc(1_000, 'x'), 'a.txt') });
  const results = await Promise.allSettled([1, 2, 3, 4].map(() => upload(managed.client)));
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
  const error = await caught(upload(managed.client));
  expect(error).toMatchObject({ status: 400, errorCode: 'storage_quota_exceeded' });
  expect(await stored(managed.folder)).toHaveLength(2);
  const [first] = await all(managed.client.beta.files.list());
  await upload(managed.clientWith(await managed.addKey()));
  await managed.client.beta.files.delete(first?.id ?? '');
  await upload(managed.client);
});

test('an upload that breaks off leaves nothing behind', async () => {
  const { folder, server, client, fetch: send } = await startManaged();
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(Buffer.from('--B\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\nabc'));
    },
    pull: (controller) => controller.error(new Error('the cable is cut')),
  });
  const headers = { 'content-type': 'multipart/form-data; boundary=B' };
  const init = { method: 'POST', headers, body, duplex: 'half' } as RequestInit;
  await expect(send('/v1/files', init)).rejects.toThrow('fetch failed');
  await expect.poll(() => stored(folder)).toEqual([]);
  expect(await all(client.beta.files.list())).toEqual([]);
  expect(server.port).toBeGreaterThan(0);
});

test('an upload that its client marks as a repeat is the same file; the same bytes unmarked are another', async () => {
  const { client } = await startManaged();
  const upload = async (headers: Record<string, string> = {}, text = 'same') =>
    client.beta.files.upload({ file: await toFile(Buffer.from(text), 'a.txt') }, { headers });
  const first = await upload();
  const repeat = { 'x-stainless-retry-count': '1' };
  expect((await upload(repeat)).id).toBe(first.id);
  expect((await upload(repeat, 'else')).id).not.toBe(first.id);
  expect((await upload()).id).not.toBe(first.id);
});

test('under one key the same bytes are one file, in whatever form they come; others are a 409, however long', async () => {
  const { client, folder } = await startManaged();
  const upload = async (text: string, name = 'a.txt', more: object = {}) =>
    client.beta.files.upload(
      { file: await toFile(Buffer.from(text), name), ...more },
      { headers: { 'idempotency-key': 'k' } },
    );
  // Each of them has a boundary of its own.
  const [first, twin] = await Promise.all([upload('one'), upload('one')]);
  expect([twin, await upload('one')]).toEqual([first, first]);
  const other = 'ConflictError 409 This Idempotency-Key was used for another request: another path, or another body';
  expect(await refusal(upload('two'))).toBe(other);
  expect(await refusal(upload('one', 'b.txt'))).toBe(other);
  expect(await refusal(upload('one', 'a.txt', { expires_in_seconds: 3_600 }))).toBe(other);
  expect(await refusal(upload('x'.repeat(300_000)))).toBe(other);
  expect(await upload('one')).toEqual(first);
  expect(await stored(folder)).toEqual([first.id]);
  expect(await bytesOf(await client.beta.files.download(first.id))).toBe('one');
});

test('an upload whose answer a kill has swallowed is the same file for the same bytes, and a 409 for others', async () => {
  const first = await startManaged();
  const upload = async ({ client }: typeof first, text: string) =>
    client.beta.files.upload(
      { file: await toFile(Buffer.from(text), 'a.txt') },
      { headers: { 'idempotency-key': 'k' } },
    );
  const { id } = await upload(first, 'one');
  await first.stop();
  const db = await openDatabase<{ request: { key: string; status: number | null; fingerprint: string } }>({
    path: join(first.folder, 'requests.db'),
    synchronous: 'normal',
  });
  const before = await db.selectFrom('request').select('fingerprint').where('key', '=', 'k').executeTakeFirst();
  await db
    .updateTable('request')
    .set({ status: null, fingerprint: before?.fingerprint.replace(/^form .*/, 'form') ?? '' })
    .where('key', '=', 'k')
    .execute();
  await db.destroy();
  const second = await startManaged({ folder: first.folder });
  expect(await refusal(upload(second, 'two'))).toMatch(/^ConflictError 409 This Idempotency-Key/);
  expect((await upload(second, 'one')).id).toBe(id);
  expect(await bytesOf(await second.client.beta.files.download(id))).toBe('one');
});

test('an upload that was refused before it was whole can be sent again under its key', async () => {
  const { client } = await startManaged({ files: { maxFileBytes: 200_000 } });
  const upload = async (length: number) =>
    client.beta.files.upload(
      { file: await toFile(Buffer.alloc(length, 'x'), 'a.txt') },
      { headers: { 'idempotency-key': 'k' } },
    );
  expect(await refusal(upload(300_000))).toMatch(/^APIError 413|413/);
  expect((await upload(100)).size_bytes).toBe(100);
});

test('uploads outlive a restart', async () => {
  const first = await startManaged();
  const { id } = await first.client.beta.files.upload({ file: await toFile(Buffer.from('kept'), 'a.txt') });
  await first.stop();
  const second = await startManaged({ folder: first.folder });
  expect(await bytesOf(await second.client.beta.files.download(id))).toBe('kept');
});

test('without a data folder, files last as long as the server', async () => {
  const { client } = await startManaged({ dataFolder: undefined });
  const { id } = await client.beta.files.upload({ file: await toFile(Buffer.from('x'), 'a.txt') });
  expect(await bytesOf(await client.beta.files.download(id))).toBe('x');
});

test('a file of somebody else is as unknown as one that is not there; an observer deletes nothing', async () => {
  const managed = await startManaged();
  const mine = managed.clientWith(await managed.addKey({ user: 'me' })).beta.files;
  const foreign = managed.clientWith(await managed.addKey()).beta.files;
  const observer = managed.clientWith(await managed.addKey({ user: 'me', role: 'observer' })).beta.files;
  const upload = { file: await toFile(Buffer.from('mine'), 'a.txt') };
  const { id } = await mine.upload(upload);
  const unseen = await Promise.all(
    [foreign.retrieveMetadata(id), foreign.download(id), foreign.delete(id)].map((work) => refusal(work)),
  );
  expect(new Set(unseen)).toEqual(new Set([`NotFoundError 404 There is no file ${id}`]));
  expect([await all(foreign.list()), await all(foreign.list({ ids: [id] }))]).toEqual([[], []]);
  expect(await bytesOf(await observer.download(id))).toBe('mine');
  expect(await refusal(observer.delete(id))).toMatch(/^PermissionDeniedError/);
  expect(await refusal(observer.upload(upload))).toMatch(/^PermissionDeniedError/);
});

/** A session of the server, with its folder. */
async function sessionIn({ fetch: send, folder }: Managed): Promise<{ id: string; workspace: string }> {
  const post = async (path: string, body: unknown) =>
    send(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  const id = await createSession({ post } as Parameters<typeof createSession>[0]);
  return { id, workspace: await realpath(folder) };
}

test("a session's outputs are listed by its id, downloaded and deleted; links are no outputs", async () => {
  const managed = await startManaged();
  const { client } = managed;
  const { id, workspace } = await sessionIn(managed);
  expect(await all(client.beta.files.list({ scope_id: id }))).toEqual([]);
  const outputs = join(workspace, 'mnt/session/outputs');
  await mkdir(join(outputs, 'deep'), { recursive: true });
  await writeFile(join(outputs, 'report.md'), '# Report');
  await writeFile(join(outputs, 'deep/table.csv'), 'a,b');
  await symlink('/etc/passwd', join(outputs, 'passwd'));
  await symlink('/etc', join(outputs, 'etc'));
  await link(join(workspace, 'sessions.db'), join(outputs, 'linked.db'));
  const listed = await all(client.beta.files.list({ scope_id: id, limit: 1 }));
  expect(listed.map(({ filename }) => filename).toSorted()).toEqual(['report.md', 'table.csv']);
  const report = listed.find(({ filename }) => filename === 'report.md');
  expect(report).toMatchObject({
    mime_type: 'text/markdown',
    size_bytes: 8,
    scope: { type: 'session', id: expect.stringMatching(/^sesn_/) },
  });
  expect(await all(client.beta.files.list({ scope_id: report?.scope?.id ?? '' }))).toEqual(listed);
  expect(await bytesOf(await client.beta.files.download(report?.id ?? ''))).toBe('# Report');
  expect(await all(client.beta.files.list())).toEqual([]);
  await client.beta.files.delete(report?.id ?? '');
  await expect(access(join(outputs, 'report.md'))).rejects.toThrow('ENOENT');
  const [table] = await all(client.beta.files.list({ scope_id: id }));
  expect(table?.filename).toBe('table.csv');
  const other = managed.clientWith(await managed.addKey()).beta.files;
  expect(await refusal(other.list({ scope_id: id }))).toMatch(/^NotFoundError/);
  expect(await refusal(other.download(table?.id ?? ''))).toMatch(/^NotFoundError/);
});

test('an output that has become a link is not followed', async () => {
  const managed = await startManaged();
  const { id, workspace } = await sessionIn(managed);
  const outputs = join(workspace, 'mnt/session/outputs');
  await mkdir(outputs, { recursive: true });
  await writeFile(join(outputs, 'a.txt'), 'a');
  const [file] = await all(managed.client.beta.files.list({ scope_id: id }));
  await managed.client.beta.files.delete(file?.id ?? '');
  await writeFile(join(outputs, 'b.txt'), 'b');
  const [second] = await all(managed.client.beta.files.list({ scope_id: id }));
  await writeFile(join(workspace, 'secret'), 'secret');
  await rm(join(outputs, 'b.txt'));
  await symlink(join(workspace, 'secret'), join(outputs, 'b.txt'));
  expect(await refusal(managed.client.beta.files.download(second?.id ?? ''))).toMatch(/^NotFoundError 404 .*no longer/);
  await rename(outputs, `${outputs}-moved`);
  await symlink(workspace, outputs);
  expect(await all(managed.client.beta.files.list({ scope_id: id }))).toEqual([]);
});

test('a file is mounted below the uploads of a workspace, replaced, and taken away', async () => {
  const folder = await realpath(await temporaryFolder());
  const blobs = new FileBlobs(folder);
  const workspace = join(folder, 'work');
  await mkdir(workspace);
  await blobs.write('file_1', [Buffer.from('one')] as unknown as AsyncIterable<Uint8Array>, { onPiece: () => {} });
  const file = { id: 'file_1' };
  const first = await mountFile({ blobs }, file, { workspace, mountPath: undefined });
  expect(first).toEqual({
    mountPath: '/mnt/session/uploads/file_1',
    path: join(workspace, 'mnt/session/uploads/file_1'),
  });
  expect(await readFile(first.path, 'utf8')).toBe('one');
  const deep = await mountFile({ blobs }, file, { workspace, mountPath: '/mnt/session/uploads/a/b.csv' });
  const again = await mountFile({ blobs }, file, { workspace, mountPath: 'a/b.csv' });
  expect(again).toEqual(deep);
  await unmountFile(workspace, again.mountPath);
  await unmountFile(workspace, again.mountPath);
  await expect(access(deep.path)).rejects.toThrow('ENOENT');
});

test.each([
  '',
  '..',
  '../x',
  '/etc/passwd',
  '/mnt/session/uploads',
  '/mnt/session/uploads/',
  'a/../../x',
  'a\0b',
  'a/',
  'a\\b',
  'x'.repeat(256),
])('the mount path %j is refused', (mountPath) => {
  expect(() => mountPathOf('file_1', mountPath)).toThrow('mount_path: must name a file below /mnt/session/uploads/');
});

test('a link in the workspace does not lead a mounted file elsewhere', async () => {
  const folder = await realpath(await temporaryFolder());
  const blobs = new FileBlobs(folder);
  const workspace = join(folder, 'work');
  const outside = join(folder, 'outside');
  await Promise.all([mkdir(join(workspace, 'mnt/session'), { recursive: true }), mkdir(outside)]);
  await blobs.write('file_1', [Buffer.from('one')] as unknown as AsyncIterable<Uint8Array>, { onPiece: () => {} });
  await symlink(outside, join(workspace, 'mnt/session/uploads'));
  const mount = mountFile({ blobs }, { id: 'file_1' }, { workspace, mountPath: 'x' });
  await expect(mount).rejects.toMatchObject({ status: 400 });
  expect(await readdir(outside)).toEqual([]);
});
