import { deflateSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { createEmulator, text } from '../index.ts';
import { bodyOf, jsonOfBody, post } from '../testing/ask.ts';

const base64 = (...bytes: (number | string)[]): string =>
  Buffer.concat(
    bytes.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from([part]))),
  ).toString('base64');

/** The beginning of a PNG of this size; nothing reads further. */
function png(width: number, height: number): string {
  const header = Buffer.alloc(24);
  header.write('\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'latin1');
  header.writeUInt32BE(width, 16);
  header.writeUInt32BE(height, 20);
  return Buffer.concat([header, deflateSync('')]).toString('base64');
}

const JPEG = base64('\xff\xd8\xff\xe0\0\x04ab\xff\xff\xc2\0\x11\x08\x02\x58\x03\x20\x03');
const GIF = base64('GIF89a\x20\x03\x58\x02');
const WEBP = base64('RIFF\0\0\0\0WEBPVP8X\n\0\0\0\0\0\0\0\x1f\x03\0\x57\x02\0\0\0');
const PDF = base64('%PDF-1.7\n');

const image = (media_type: string, data: string) => ({ type: 'image', source: { type: 'base64', media_type, data } });
const document = (source: unknown) => ({ type: 'document', source });
const asking = (...content: unknown[]) => bodyOf({ messages: [{ role: 'user', content }] });

async function answerTo(body: Record<string, unknown>): Promise<unknown[]> {
  const response = await post(createEmulator({ script: [text('Fine')] }), body);
  const { error } = await jsonOfBody<{ error?: { type: string; message: string } }>(response);
  return error === undefined ? [response.status] : [response.status, error.type, error.message];
}

test.each<[string, unknown]>([
  ['a PNG', image('image/png', png(800, 600))],
  ['a JPEG', image('image/jpeg', JPEG)],
  ['a GIF', image('image/gif', GIF)],
  ['a WebP', image('image/webp', WEBP)],
  ['an image elsewhere', { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } }],
  ['a PDF', document({ type: 'base64', media_type: 'application/pdf', data: PDF })],
  ['a text as a document', document({ type: 'text', media_type: 'text/plain', data: 'Hello' })],
  [
    'a document of blocks',
    document({ type: 'content', content: [{ type: 'text', text: 'a' }, image('image/gif', GIF)] }),
  ],
])('accepts %s', async (_, block) => {
  expect(await answerTo(asking(block))).toEqual([200]);
});

test.each<[string, unknown, RegExp]>([
  ['base64 with a line end', image('image/png', `${png(1, 1)}\n`), /image.source.base64.data: Invalid base64 data/],
  ['base64 that was cut', image('image/png', png(1, 1).slice(0, -1)), /Invalid base64/],
  ['no data', image('image/png', ''), /Invalid base64/],
  ['bytes of no image', image('image/png', base64('hello')), /Could not process image/],
  ['a PNG that ends before its size', image('image/png', base64('\x89PNG\r\n\x1a\n')), /Could not process image/],
  ['a JPEG called PNG', image('image/png', JPEG), /said to be image\/png, but its bytes are those of image\/jpeg/],
  ['an image of another kind', image('image/bmp', GIF), /media_type: Input should be one of image\/jpeg/],
  ['an image that is too large', image('image/png', png(8001, 10)), /larger than 8000 pixels/],
  [
    'an image that is too heavy',
    image('image/gif', base64('GIF89a\x01\0\x01\0', 'x'.repeat(4_000_000))),
    /exceeds 5 MB/,
  ],
  ['a PDF as an image', image('application/pdf', PDF), /media_type/],
  [
    'an image as a PDF',
    document({ type: 'base64', media_type: 'application/pdf', data: GIF }),
    /PDF specified was not valid/,
  ],
  [
    'a document of HTML',
    document({ type: 'text', media_type: 'text/html', data: '<p>' }),
    /Input should be 'text\/plain'/,
  ],
  ['a call in a document', document({ type: 'content', content: [{ type: 'tool_use' }] }), /not allowed in a document/],
  ['a source of no kind', { type: 'image', source: {} }, /source.type: Input should be one of base64, url, file/],
  ['a text as an image', { type: 'image', source: { type: 'text', data: '' } }, /source.type/],
  ['an unknown field', { type: 'image', source: { type: 'url', url: 'https://a.b', alt: '' } }, /alt: Extra inputs/],
  ['a URL that is none', { type: 'image', source: { type: 'url', url: 'a.png' } }, /valid URL/],
  ['no URL', document({ type: 'url' }), /url: Field required/],
])('refuses %s', async (_, block, message) => {
  expect(await answerTo(asking(block))).toEqual([400, 'invalid_request_error', expect.stringMatching(message)]);
});

test('many images must be smaller, wherever they stand, and there may not be too many', async () => {
  const small = image('image/png', png(100, 100));
  const large = image('image/png', png(2001, 100));
  const all = (count: number) => Array.from({ length: count }, () => small);
  expect(await answerTo(asking(large, ...all(19)))).toEqual([200]);
  expect(await answerTo(asking(large, ...all(20)))).toEqual([
    400,
    'invalid_request_error',
    expect.stringMatching(/content.0.image.source.base64: the image is larger than 2000 pixels/),
  ]);
  const count = async (images: number, model: string) => (await answerTo({ ...asking(...all(images)), model }))[0];
  expect([await count(100, 'claude-haiku-4-5'), await count(101, 'claude-haiku-4-5')]).toEqual([200, 400]);
  expect([await count(600, 'claude-opus-5-5'), await count(601, 'claude-opus-5-5')]).toEqual([200, 400]);
});

test('files are found by id, while they last, and used for what they are', async () => {
  const time = { ms: 1_000_000 };
  const clock = { now: () => time.ms, sleep: () => Promise.reject(new Error('nobody should sleep')) };
  const emulator = createEmulator({ clock, script: [text('Fine'), text('Fine')] });
  const upload = async (type: string): Promise<string> => {
    const body = `--b\r\ncontent-disposition: form-data; name="file"; filename="a"\r\ncontent-type: ${type}\r\n\r\nx\r\n--b\r\ncontent-disposition: form-data; name="expires_in_seconds"\r\n\r\n3600\r\n--b--`;
    const headers = { 'content-type': 'multipart/form-data; boundary=b' };
    return (await jsonOfBody<{ id: string }>(await post(emulator, body, { path: '/v1/files', headers }))).id;
  };
  const using = async (type: string, file_id: string): Promise<unknown[]> => {
    const response = await post(emulator, asking({ type, source: { type: 'file', file_id } }));
    const { error } = await jsonOfBody<{ error?: { details?: { error_code: string } } }>(response);
    return [response.status, error?.details?.error_code];
  };
  const pdf = await upload('application/pdf');
  const picture = await upload('image/png');
  expect(await using('document', pdf)).toEqual([200, undefined]);
  expect(await using('image', picture)).toEqual([200, undefined]);
  expect(await using('image', pdf)).toEqual([400, undefined]);
  expect(await using('image', 'file_01unknown')).toEqual([404, undefined]);
  time.ms += 3_600_000;
  expect(await using('document', pdf)).toEqual([404, 'file_expired']);
});
