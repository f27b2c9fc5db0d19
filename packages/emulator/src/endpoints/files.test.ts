import { expect, test } from 'vitest';
import { createEmulator, type Emulator } from '../index.ts';
import { get, jsonOfBody, post, textOfBody } from '../testing/ask.ts';

type Metadata = { id: string; [field: string]: unknown };
type Part = { type?: string; name?: string; content?: string | Uint8Array };

/** Uploads as fetch does it. */
async function upload(emulator: Emulator, part: Part, more: Record<string, string> = {}) {
  const form = new FormData();
  const { content = 'Hello', type = 'text/plain', name = 'hello.txt' } = part;
  form.append('file', new Blob([content as string], { type }), name);
  for (const [field, value] of Object.entries(more)) form.append(field, value);
  const request = new Request('http://emulator', { method: 'POST', body: form });
  const headers = { 'content-type': request.headers.get('content-type') ?? '' };
  return post(emulator, new Uint8Array(await request.arrayBuffer()), { path: '/v1/files', headers });
}

async function uploaded(emulator: Emulator, part: Part = {}, more?: Record<string, string>): Promise<Metadata> {
  return jsonOfBody(await upload(emulator, part, more));
}

function timed() {
  const time = { ms: Date.parse('2026-11-20T12:00:00Z') };
  const sleep = (): Promise<void> => Promise.reject(new Error('nobody should sleep'));
  const clock = { now: () => time.ms, sleep };
  return { time, emulator: createEmulator({ clock, fileStorageBytes: 100 }) };
}

async function refusal(response: { status: number }, body: unknown): Promise<unknown> {
  const { error } = body as { error: { type: string; details?: { error_code: string } } };
  return [response.status, error.type, error.details?.error_code];
}

const refused = async (response: Awaited<ReturnType<typeof post>>) => refusal(response, await jsonOfBody(response));

test('keeps an upload and tells of it', async () => {
  const { emulator } = timed();
  const file = await uploaded(emulator, { content: 'Grüße' }, { expires_in_seconds: '3600' });
  expect(file).toEqual({
    id: expect.stringMatching(/^file_01\w{22}$/),
    type: 'file',
    filename: 'hello.txt',
    mime_type: 'text/plain',
    size_bytes: 7,
    created_at: '2026-11-20T12:00:00.000Z',
    expires_at: '2026-11-20T13:00:00.000Z',
    downloadable: false,
  });
  expect(await jsonOfBody(await get(emulator, `/v1/files/${file.id}`))).toEqual(file);
  expect(await jsonOfBody(await get(emulator, `/v1/files/${file.id}`, { method: 'DELETE' }))).toEqual({
    id: file.id,
    type: 'file_deleted',
  });
  expect(await refused(await get(emulator, `/v1/files/${file.id}`))).toEqual([404, 'not_found_error', undefined]);
});

test('lists the newest first, page by page, whatever comes and goes between two pages', async () => {
  const { emulator } = timed();
  const files = [];
  for (const name of ['1', '2', '3', '4', '5']) files.push(await uploaded(emulator, { name }));
  const list = async (query: string) =>
    jsonOfBody<{ data: Metadata[]; next_page: string | null }>(await get(emulator, `/v1/files?${query}`));
  const first = await list('limit=2');
  expect(first.data.map(({ filename }) => filename)).toEqual(['5', '4']);
  await uploaded(emulator, { name: '6' });
  await get(emulator, `/v1/files/${first.data[1]?.id}`, { method: 'DELETE' });
  const second = await list(`limit=2&page=${first.next_page}`);
  expect(second.data.map(({ filename }) => filename)).toEqual(['3', '2']);
  const third = await list(`limit=2&page=${second.next_page}`);
  expect(third).toEqual({ data: [files[0]], next_page: null });
  expect((await list(`ids[]=${files[0]?.id}&ids[]=gone`)).data).toEqual([files[0]]);
  expect((await list('scope_id=sesn_1')).data).toEqual([]);
});

test('gives out only what tools made', async () => {
  const { emulator } = timed();
  const { id } = await uploaded(emulator);
  expect(await refused(await get(emulator, `/v1/files/${id}/content`))).toEqual([
    400,
    'invalid_request_error',
    'file_not_downloadable',
  ]);
  const made = emulator.addFile({ filename: 'plot.csv', mimeType: 'text/csv', content: 'a,b\n1,2\n' });
  const response = await get(emulator, `/v1/files/${made.id}/content`);
  expect([response.status, response.headers['content-type'], await textOfBody(response)]).toEqual([
    200,
    'text/csv',
    'a,b\n1,2\n',
  ]);
});

test('a file whose time is over is still listed', async () => {
  const { emulator, time } = timed();
  const { id } = await uploaded(emulator, {}, { expires_in_seconds: '3600' });
  time.ms += 3_600_000;
  expect((await get(emulator, `/v1/files/${id}`)).status).toBe(200);
});

test('other workspaces see nothing of it', async () => {
  const { emulator } = timed();
  const { id } = await uploaded(emulator);
  const headers = { 'anthropic-workspace-id': 'wrkspc_other' };
  expect((await get(emulator, `/v1/files/${id}`, { headers })).status).toBe(404);
  expect(await jsonOfBody(await get(emulator, '/v1/files', { headers }))).toEqual({ data: [], next_page: null });
});

test.each([
  ['../../etc/passwd', 'passwd'],
  ['C:\\notes\\today.md', 'today.md'],
  ['', 'unnamed.txt'],
])('names the upload %j %s', async (name, kept) => {
  // A file without a name is no file to FormData, so this form is written by hand.
  const body = `--b\r\ncontent-disposition: form-data; name="file"; filename="${name}"\r\ncontent-type: text/plain; charset=utf-8\r\n\r\nx\r\n--b--`;
  const headers = { 'content-type': 'multipart/form-data; boundary=b' };
  const response = await post(createEmulator(), body, { path: '/v1/files', headers });
  expect(await jsonOfBody(response)).toMatchObject({ filename: kept, mime_type: 'text/plain' });
});

test('frees the room of a file that is deleted', async () => {
  const { emulator } = timed();
  const { id } = await uploaded(emulator, { content: 'x'.repeat(100) });
  expect(await refused(await upload(emulator, {}))).toEqual([400, 'invalid_request_error', 'storage_quota_exceeded']);
  await get(emulator, `/v1/files/${id}`, { method: 'DELETE' });
  expect((await upload(emulator, {})).status).toBe(200);
});

test.each<[string, (emulator: Emulator) => ReturnType<typeof post>]>([
  ['JSON', (emulator) => post(emulator, {}, { path: '/v1/files' })],
  ['a life of a minute', (emulator) => upload(emulator, {}, { expires_in_seconds: '60' })],
  ['a life of a year', (emulator) => upload(emulator, {}, { expires_in_seconds: '31536000' })],
  ['no life', (emulator) => upload(emulator, {}, { expires_in_seconds: '' })],
  ['an unknown field', (emulator) => upload(emulator, {}, { purpose: 'fun' })],
  ['a forbidden name', (emulator) => upload(emulator, { name: 'a|b' })],
  ['a very long name', (emulator) => upload(emulator, { name: 'x'.repeat(256) })],
  ['ids with a limit', (emulator) => get(emulator, '/v1/files?ids[]=a&limit=3')],
  [
    'too many ids',
    (emulator) => get(emulator, `/v1/files?${Array.from({ length: 101 }, (_, n) => `ids[]=${n}&`).join('')}`),
  ],
  ['an invented cursor', (emulator) => get(emulator, '/v1/files?page=page_x')],
])('refuses %s', async (_, send) => {
  expect(await refused(await send(createEmulator()))).toEqual([400, 'invalid_request_error', undefined]);
});
