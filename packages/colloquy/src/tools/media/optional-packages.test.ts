import { expect, test } from 'vitest';
import sharp from 'sharp';
import { createWorkspace } from '../temporary-workspace.ts';
import { fitImage } from './fit-image.ts';
import { parsePages } from './page-ranges.ts';
import { readPdf } from './read-pdf.ts';

const signal = new AbortController().signal;

test('without sharp, an image that is too large is refused with what to install, and others are shown', async () => {
  const make = (width: number): Promise<Buffer> =>
    sharp({ create: { width, height: 10, channels: 3, background: 'red' } })
      .png()
      .toBuffer();
  const fit = async (width: number): Promise<unknown> =>
    fitImage(await make(width), { name: 'a.png', signal, load: async () => undefined });
  expect(await fit(8000)).toMatchObject({ width: 8000, height: 10, type: 'image/png' });
  await expect(fit(8001)).rejects.toThrow(/too large to be sent \(8001 × 10 pixels.*npm install sharp/);
});

test('without @cantoo/pdf-lib, a PDF is sent whole up to the limits, and what the API would refuse is refused', async () => {
  const page = '1 0 obj <</Type /Page>> endobj\n';
  const end = 'trailer\n%%EOF\n';
  await using place = await createWorkspace({
    'a.pdf': `%PDF-1.4\n${page}${end}`,
    'cut.pdf': `%PDF-1.4\n${page}`,
    'secret.pdf': `%PDF-1.4\n${page}/Encrypt 5 0 R\n${end}`,
    'long.pdf': `%PDF-1.4\n${page.repeat(101)}${end}`,
  });
  const read = (name: string, pages?: string): ReturnType<typeof readPdf> =>
    readPdf(`${place.cwd}/${name}`, name, { pages, context: place.context(), library: undefined });
  expect((await read('a.pdf')).content[1]).toEqual({ type: 'text', text: '[a.pdf, whole.]' });
  await expect(read('a.pdf', '1')).rejects.toThrow('npm install @cantoo/pdf-lib');
  await expect(read('cut.pdf')).rejects.toThrow('its end is missing');
  await expect(read('secret.pdf')).rejects.toThrow('protected by a password');
  await expect(read('long.pdf')).rejects.toThrow('about 101 pages');
});

test('pages are given by numbers and ranges, in any order, once each', () => {
  expect(parsePages('3', 5)).toEqual([3]);
  expect(parsePages(' 4 - 5 ,1,4', 5)).toEqual([4, 5, 1]);
  expect(parsePages('4-', 5)).toEqual([4, 5]);
  expect(parsePages('1-999999999', 5)).toEqual([1, 2, 3, 4, 5]);
  for (const wrong of ['', '0', '-3', '2-1', '6', '1-2-3', '1,,2', 'a', '1e9'])
    expect(() => parsePages(wrong, 5)).toThrow(/pages/);
  expect(() => parsePages('1-999999999', 1_000_000_000)).toThrow('At most 20');
});
