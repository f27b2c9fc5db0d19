import { expect, test } from 'vitest';
import { parseForm } from './multipart.ts';

const form = (...lines: string[]): Uint8Array => Buffer.from(lines.join('\r\n'));
const TYPE = 'multipart/form-data; boundary=xYz';

test('reads the parts of a form that fetch wrote, bytes and odd names included', async () => {
  const data = new FormData();
  const bytes = new Uint8Array([0, 13, 10, 45, 45, 255, 13, 10]);
  data.append('file', new Blob([bytes], { type: 'image/png' }), 'a "strange"\nnäme.png');
  data.append('expires_in_seconds', '3600');
  const request = new Request('http://emulator', { method: 'POST', body: data });
  const body = new Uint8Array(await request.arrayBuffer());
  const parts = parseForm(body, request.headers.get('content-type') ?? '');
  expect(parts.map((part) => ({ ...part, bytes: [...part.bytes] }))).toEqual([
    { name: 'file', filename: 'a "strange"\nnäme.png', contentType: 'image/png', bytes: [...bytes] },
    { name: 'expires_in_seconds', filename: undefined, contentType: undefined, bytes: [...Buffer.from('3600')] },
  ]);
});

test('leaves out what stands before the first part and after the last, and takes a quoted boundary', () => {
  const body = form('preamble', '--xYz', 'content-disposition: form-data; name="a"', '', '1', '--xYz--', 'epilogue');
  expect(parseForm(body, 'multipart/form-data; charset=utf-8; boundary="xYz"')).toMatchObject([{ name: 'a' }]);
});

test.each<[string, Uint8Array, string | undefined, RegExp]>([
  ['no content type', form('x'), undefined, /multipart\/form-data with a boundary/],
  ['JSON', form('{}'), 'application/json', /multipart\/form-data with a boundary/],
  ['no boundary', form('x'), 'multipart/form-data', /with a boundary/],
  ['no part', form('x'), TYPE, /has no part/],
  ['an end in the middle', form('--xYz', 'content-disposition: form-data; name="a"', '', '1'), TYPE, /breaks off/],
  ['a part without headers', form('--xYz', 'x', '--xYz--'), TYPE, /no end of its headers/],
  ['a part without a name', form('--xYz', 'a: b', '', '1', '--xYz--'), TYPE, /has no name/],
])('refuses %s', (_, body, type, message) => {
  expect(() => parseForm(body, type)).toThrow(message);
});
