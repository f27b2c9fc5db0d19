import { expect, test } from 'vitest';
import { HttpError } from './http-error.ts';
import { readForm } from './multipart.ts';

const TYPE = 'multipart/form-data; boundary=XyZ';

/** A request whose body comes in pieces of a size. */
function request(body: string | Uint8Array, size: number, contentType = TYPE): Request {
  const bytes = Buffer.from(body);
  let at = 0;
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.subarray(at, at + size));
      at += size;
      return undefined;
    },
  });
  const init = { method: 'POST', headers: { 'content-type': contentType }, body: stream, duplex: 'half' };
  return new Request('http://127.0.0.1/', init as RequestInit);
}

async function read(given: Request): Promise<object[]> {
  const parts: object[] = [];
  for await (const { name, filename, contentType, body } of readForm(given)) {
    const pieces: Uint8Array[] = [];
    for await (const piece of body) pieces.push(piece);
    parts.push({ name, filename, contentType, text: Buffer.concat(pieces).toString() });
  }
  return parts;
}

const FORM =
  'preamble\r\n--XyZ\r\nContent-Disposition: form-data; name="file"; filename="a%22b.txt"\r\nContent-Type: text/plain\r\n\r\n' +
  'one\r\n--XyW\r\n--X\r\ntwo ü\r\n--XyZ\r\ncontent-disposition: form-data; name="empty"\r\n\r\n\r\n--XyZ--\r\nepilogue';
const PARTS = [
  { name: 'file', filename: 'a"b.txt', contentType: 'text/plain', text: 'one\r\n--XyW\r\n--X\r\ntwo ü' },
  { name: 'empty', filename: undefined, contentType: undefined, text: '' },
];

test.each([1, 2, 3, 5, 7, 64, 10_000])('a form in pieces of %i bytes is the same form', async (size) => {
  expect(await read(request(FORM, size))).toEqual(PARTS);
});

test('what the platform makes of a form is read as it was meant', async () => {
  const form = new FormData();
  form.append('expires_in_seconds', '3600');
  form.append('file', new File(['\r\n--\r\n'.repeat(1_000)], 'ü "x"\n.csv', { type: 'text/csv' }));
  const given = new Request('http://127.0.0.1/', { method: 'POST', body: form });
  expect(await read(given)).toEqual([
    { name: 'expires_in_seconds', filename: undefined, contentType: undefined, text: '3600' },
    { name: 'file', filename: 'ü "x"\n.csv', contentType: 'text/csv', text: '\r\n--\r\n'.repeat(1_000) },
  ]);
});

test('a part that nobody reads is passed over, one that is left early too', async () => {
  const names: string[] = [];
  for await (const { name, body } of readForm(request(FORM, 3))) {
    names.push(name);
    for await (const piece of body) {
      expect(piece.length).toBeGreaterThan(0);
      break;
    }
  }
  expect(names).toEqual(['file', 'empty']);
});

test.each([
  ['another type', '{}', 'application/json', 415],
  ['no boundary', FORM, 'multipart/form-data', 415],
  ['an empty body', '', TYPE, 400],
  ['a body that breaks off', FORM.slice(0, 150), TYPE, 400],
  ['a body without its last boundary', FORM.slice(0, FORM.indexOf('--XyZ--')), TYPE, 400],
  ['a part without a name', '--XyZ\r\ncontent-type: a/b\r\n\r\nx\r\n--XyZ--', TYPE, 400],
  ['a head without an end', `--XyZ\r\n${'x'.repeat(40_000)}`, TYPE, 400],
  ['garbage after a boundary', '--XyZgarbage', TYPE, 400],
  [
    'a thousand parts',
    `--XyZ${'\r\ncontent-disposition: form-data; name="a"\r\n\r\n\r\n--XyZ'.repeat(1_000)}--`,
    TYPE,
    400,
  ],
])('%s is refused', async (_, body, type, status) => {
  const refused = await read(request(body, 100, type)).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(HttpError);
  expect(refused).toMatchObject({ status });
});

test('20 MB without a boundary in them are read in a moment', async () => {
  const body = Buffer.concat([
    Buffer.from('--XyZ\r\ncontent-disposition: form-data; name="file"\r\n\r\n'),
    Buffer.alloc(20_000_000, '\r\n-'),
    Buffer.from('\r\n--XyZ--'),
  ]);
  let bytes = 0;
  for await (const part of readForm(request(body, 65_536))) {
    for await (const piece of part.body) bytes += piece.length;
  }
  expect(bytes).toBe(20_000_000);
});
