import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { appendFile, symlink, truncate } from 'node:fs/promises';
import { PDFDocument } from '@cantoo/pdf-lib';
import sharp from 'sharp';
import { describe, expect, test, vi } from 'vitest';
import { openTools } from './tool-scene.ts';

describe('text', () => {
  test('is shown with line numbers, and told to the program', async () => {
    await using scene = await openTools({ 'a.txt': 'one\r\ntwo\nthree' });
    expect(await scene.call('Read', { file_path: 'a.txt' })).toEqual({
      text: '1\tone\n2\ttwo\n3\tthree',
      blocks: [expect.anything()],
      isError: false,
      structured: {
        type: 'text',
        file: { filePath: 'a.txt', content: 'one\ntwo\nthree', numLines: 3, startLine: 1, totalLines: 3 },
      },
    });
  });

  test('is shown in part, and the rest is pointed to', async () => {
    await using scene = await openTools({
      'a.txt': 'one\ntwo\nthree\n',
      'long.txt': `${'x'.repeat(99)}\n`.repeat(1900),
    });
    expect((await scene.call('Read', { file_path: 'a.txt', offset: 2, limit: 1 })).text).toBe(
      '2\ttwo\n\n[Lines 2 to 2 of 3. To see more, read with offset 3.]',
    );
    expect((await scene.call('Read', { file_path: 'a.txt', offset: 5 })).text).toContain('there is no line 5');
    const usual = await scene.call('Read', { file_path: 'long.txt' });
    const large = await scene.call('Read', { file_path: 'long.txt', allow_large: true });
    expect(usual.text).toContain('[Lines 1 to 1010 of 1900.');
    expect(large.structured).toMatchObject({ file: { numLines: 1901 } });
  });

  test('may be empty', async () => {
    await using scene = await openTools({ 'a.txt': '' });
    expect((await scene.call('Read', { file_path: 'a.txt' })).text).toBe('[The file exists and is empty.]');
  });

  test('is read in any common encoding, and that is said', async () => {
    await using scene = await openTools({
      'bom.txt': '\uFEFFé\n',
      'le.txt': Buffer.from('\uFEFFé\r\n€\n', 'utf16le'),
      'be.txt': Buffer.from('\uFEFFé\n', 'utf16le').swap16(),
      'latin1.txt': Buffer.from('café\n', 'latin1'),
      'broken.txt': Buffer.concat([Buffer.from('äöü '), Buffer.from([0xff, 0xfe])]),
    });
    const read = async (file_path: string): Promise<string> => (await scene.call('Read', { file_path })).text;
    expect(await read('bom.txt')).toBe('1\té');
    expect(await read('le.txt')).toBe('1\té\n2\t€\n\n[The file is in UTF-16LE, and edits keep that.]');
    expect(await read('be.txt')).toBe('1\té\n\n[The file is in UTF-16BE, and edits keep that.]');
    expect(await read('latin1.txt')).toBe('1\tcafé\n\n[The file is in Windows-1252 (Latin-1), and edits keep that.]');
    expect(await read('broken.txt')).toBe(
      '1\täöü \uFFFD\uFFFD\n\n[Some bytes are not valid text; they are shown as \uFFFD. Edit refuses such a file.]',
    );
  });

  test('of 2 GB is read by ranges in less than 150 MB', async () => {
    // Where there is a file system in memory: on a disk, reading a hole for the first time takes seconds.
    if (existsSync('/dev/shm')) vi.stubEnv('TMPDIR', '/dev/shm');
    await using scene = await openTools({ 'huge.txt': 'a line of text\n'.repeat(1000) });
    await truncate(scene.path('huge.txt'), 2 * 1024 ** 3);
    await appendFile(scene.path('huge.txt'), '\nlast\n');
    const before = process.memoryUsage.rss();
    const { text } = await scene.call('Read', { file_path: 'huge.txt', offset: 1002, limit: 1 });
    expect(text).toBe('1002\tlast');
    expect(process.memoryUsage.rss() - before).toBeLessThan(150 * 1024 ** 2);
  });

  test('a call that is interrupted ends in the middle of a file', async () => {
    if (existsSync('/dev/shm')) vi.stubEnv('TMPDIR', '/dev/shm');
    await using scene = await openTools({ 'huge.txt': 'a line of text\n'.repeat(1000) });
    await truncate(scene.path('huge.txt'), 500 * 1024 ** 3);
    const interrupted = (async () => {
      for await (const message of scene.client.receiveMessages()) {
        if (message.type === 'assistant') return scene.client.interrupt();
      }
      return undefined;
    })();
    const result = await scene.call('Read', { file_path: 'huge.txt' });
    await interrupted;
    expect(result).toMatchObject({ isError: true, text: expect.stringContaining('interrupted') });
  });
});

test('what cannot be shown is refused with what to do, without waiting for it', async () => {
  await using scene = await openTools({
    'data.bin': Buffer.from([0x7f, 0x45, 0, 0, 1]),
    'noise.bin': Buffer.from(Array.from({ length: 300 }, (_, index) => (index * 7) % 32 || 1)),
    'index.ts': 'x',
    'folder/x': '',
  });
  execFileSync('mkfifo', [scene.path('pipe')]);
  await symlink('/dev/zero', scene.path('zero'));
  const read = async (file_path: string, more: object = {}): Promise<unknown> => {
    const { isError, text } = await scene.call('Read', { file_path, ...more });
    return isError ? text : 'was shown';
  };
  expect(await read('data.bin')).toContain('data.bin is not a text file');
  expect(await read('noise.bin')).toContain('noise.bin is not a text file');
  expect(await read('folder')).toContain('folder is a directory');
  expect(await read('pipe')).toContain('pipe is a device, pipe or socket');
  expect(await read('zero')).toContain('outside');
  expect(await read('index.js')).toContain('index.js does not exist. Did you mean index.ts?');
  expect(await read('index.ts', { pages: '1' })).toContain('index.ts is no PDF');
  expect(await read('index.ts', { offset: 0 })).toContain('offset');
  expect(await read('a\0b')).toContain('NUL');
});

test('what lies outside is asked about, also behind a link', async () => {
  const asked: unknown[] = [];
  await using scene = await openTools(
    { '../secret.txt': 'secret' },
    {
      permissionMode: 'default',
      canUseTool: async (_name, input) => {
        asked.push(input['file_path']);
        return asked.length === 1 ? { behavior: 'deny', message: 'No.' } : { behavior: 'allow' };
      },
    },
  );
  await symlink('../secret.txt', scene.path('link'));
  expect(await scene.call('Read', { file_path: 'link' })).toMatchObject({ isError: true, text: 'No.' });
  expect(await scene.call('Read', { file_path: '../secret.txt' })).toMatchObject({ text: '1\tsecret' });
  expect(asked).toEqual(['link', '../secret.txt']);
});

describe('images', () => {
  const picture = (width: number, height: number): ReturnType<typeof sharp> =>
    sharp({ create: { width, height, channels: 3, background: 'red' } });

  test('are shown as they are while they are small', async () => {
    const types = ['png', 'jpeg', 'gif', 'webp'] as const;
    const images = await Promise.all(
      types.map(async (type) => [`a.${type}`, await picture(40, 30).toFormat(type).toBuffer()] as const),
    );
    await using scene = await openTools(Object.fromEntries(images));
    for (const [name, bytes] of images) {
      const media_type = `image/${name.slice(2)}`;
      const data = bytes.toString('base64');
      expect(await scene.call('Read', { file_path: name })).toEqual({
        text: '<image>',
        blocks: [{ type: 'image', source: { type: 'base64', media_type, data } }],
        isError: false,
        structured: {
          type: 'image',
          file: {
            base64: data,
            type: media_type,
            originalSize: bytes.byteLength,
            dimensions: { originalWidth: 40, originalHeight: 30, displayWidth: 40, displayHeight: 30 },
          },
        },
      });
    }
  });

  test('that are too large are scaled, and that is said', async () => {
    await using scene = await openTools({ 'wide.png': await picture(9000, 900).png().toBuffer() });
    const { blocks, structured } = await scene.call('Read', { file_path: 'wide.png' });
    expect(blocks[1]?.text).toBe('[Shown at 2000 × 200; the file has 9000 × 900 pixels.]');
    const sent = Buffer.from(blocks[0]?.source?.data ?? '', 'base64');
    expect(await sharp(sent).metadata()).toMatchObject({ format: 'png', width: 2000, height: 200 });
    expect(structured).toMatchObject({ file: { dimensions: { originalWidth: 9000, displayWidth: 2000 } } });
  });

  test('that are damaged are refused, whatever they are called', async () => {
    const png = await picture(40, 30).png().toBuffer();
    const broken = Buffer.from(png);
    broken.fill(0x55, 45, 60);
    const jpeg = await picture(400, 300).jpeg().toBuffer();
    await using scene = await openTools({
      'cut.png': png.subarray(0, -20),
      'head.png': png.subarray(0, 12),
      'broken.png': broken,
      'cut.jpg': jpeg.subarray(0, 200),
      'empty.png': '',
      'text.png': 'no image\n',
      'image.txt': png,
    });
    for (const name of ['cut.png', 'head.png', 'broken.png', 'cut.jpg'])
      expect(await scene.call('Read', { file_path: name })).toMatchObject({
        isError: true,
        text: expect.stringContaining(`${name} is a damaged image`),
      });
    expect((await scene.call('Read', { file_path: 'text.png' })).text).toBe('1\tno image');
    expect((await scene.call('Read', { file_path: 'empty.png' })).text).toContain('empty');
    expect((await scene.call('Read', { file_path: 'image.txt' })).text).toBe('<image>');
  });
});

describe('PDFs', () => {
  const pdf = async (pages: number): Promise<Uint8Array> => {
    const made = await PDFDocument.create();
    for (let page = 1; page <= pages; page++) made.addPage([100 + page, 200]);
    return made.save();
  };
  const widths = async (data: string | undefined): Promise<number[]> =>
    (await PDFDocument.load(Buffer.from(data ?? '', 'base64'))).getPages().map((page) => page.getWidth() - 100);

  test('are sent as documents, whole or some pages', async () => {
    const bytes = await pdf(5);
    await using scene = await openTools({ 'a.pdf': bytes });
    const whole = await scene.call('Read', { file_path: 'a.pdf' });
    const data = Buffer.from(bytes).toString('base64');
    expect(whole.blocks).toEqual([
      { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data } },
      { type: 'text', text: '[a.pdf: 5 pages.]' },
    ]);
    expect(whole.structured).toEqual({
      type: 'pdf',
      file: { filePath: scene.path('a.pdf'), base64: data, originalSize: bytes.byteLength },
    });
    const some = await scene.call('Read', { file_path: 'a.pdf', pages: '2,4-' });
    expect(some.blocks[1]?.text).toBe('[a.pdf: pages 2, 4, 5 of 5.]');
    expect(await widths(some.blocks[0]?.source?.data)).toEqual([2, 4, 5]);
  });

  test('that are long are shown by pages only', async () => {
    await using scene = await openTools({ 'a.pdf': await pdf(30) });
    const read = async (more: object): Promise<string> =>
      (await scene.call('Read', { file_path: 'a.pdf', ...more })).text;
    expect(await read({})).toBe('a.pdf has 30 pages. Ask for some of them with pages, at most 20 at once.');
    expect(await read({ pages: '29-40' })).toContain('pages 29, 30 of 30');
  });

  test('that are damaged are refused', async () => {
    await using scene = await openTools({ 'a.pdf': '%PDF-1.7\nnothing\n' });
    expect(await scene.call('Read', { file_path: 'a.pdf' })).toMatchObject({
      isError: true,
      text: expect.stringContaining('a.pdf is a damaged PDF'),
    });
  });
});

describe('notebooks', () => {
  const image = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==';
  const notebook = JSON.stringify({
    cells: [
      { cell_type: 'markdown', id: 'm1', metadata: {}, source: ['# Title\n', 'text'] },
      {
        cell_type: 'code',
        id: 'c1',
        metadata: {},
        execution_count: 3,
        source: 'plot()',
        outputs: [
          { output_type: 'stream', name: 'stdout', text: ['\u001b[31mred\u001b[0m\n'] },
          { output_type: 'display_data', data: { 'image/png': image, 'text/plain': '<Figure>' }, metadata: {} },
          { output_type: 'error', ename: 'E', evalue: 'v', traceback: ['at 1'] },
        ],
      },
    ],
    metadata: { language_info: { name: 'julia' } },
    nbformat: 4,
    nbformat_minor: 5,
  });

  test('are shown as cells with their outputs', async () => {
    await using scene = await openTools({ 'a.ipynb': notebook });
    const { text, structured } = await scene.call('Read', { file_path: 'a.ipynb' });
    expect(text.split('\n')).toEqual([
      '[Cell m1: markdown]',
      '# Title',
      'text',
      '[Cell c1: code, julia]',
      'plot()',
      '[Output of c1]',
      'red',
      '',
      '[Output of c1]',
      '<Figure>',
      '<image>',
      '[Output of c1]',
      'E: v',
      'at 1',
    ]);
    expect(structured).toMatchObject({
      type: 'notebook',
      file: {
        cells: [
          { cellType: 'markdown', cell_id: 'm1', source: '# Title\ntext' },
          { cellType: 'code', cell_id: 'c1', execution_count: 3, language: 'julia', outputs: { length: 3 } },
        ],
      },
    });
    expect((await scene.call('Read', { file_path: 'a.ipynb', offset: 2, limit: 1 })).text).toContain(
      '[Cells 2 to 2 of 2.]',
    );
  });

  test.each([
    ['empty cells', { cells: Array.from({ length: 20_000 }, () => ({ cell_type: 'markdown', source: '' })) }],
    [
      'empty outputs',
      {
        cells: Array.from({ length: 500 }, () => ({
          cell_type: 'code',
          source: '',
          outputs: Array.from({ length: 50 }, () => ({ output_type: 'stream', text: '' })),
        })),
      },
    ],
    [
      'long names',
      {
        cells: Array.from({ length: 50 }, (_, index) => ({
          cell_type: 'code',
          id: `${index}`.repeat(100_000),
          source: '',
          outputs: [{ output_type: 'o'.repeat(100_000) }],
        })),
        metadata: { language_info: { name: 'l'.repeat(100_000) } },
      },
    ],
  ])('made of %s fill no conversation', async (_, bomb) => {
    await using scene = await openTools({ 'a.ipynb': JSON.stringify(bomb) });
    const { text, structured } = await scene.call('Read', { file_path: 'a.ipynb' });
    expect(text.length).toBeLessThan(300_000);
    expect(JSON.stringify(structured).length).toBeLessThan(1_000_000);
  });

  test('that are none are refused', async () => {
    await using scene = await openTools({
      'a.ipynb': '{',
      'b.ipynb': '[]',
      'c.ipynb': '{"cells":[{}]}',
      'd.ipynb': '{"worksheets":[]}',
    });
    const read = async (file_path: string): Promise<string> => (await scene.call('Read', { file_path })).text;
    expect(await read('a.ipynb')).toContain('not valid JSON');
    expect(await read('b.ipynb')).toContain('not a notebook');
    expect(await read('c.ipynb')).toContain('its cell 1 is damaged');
    expect(await read('d.ipynb')).toContain('older format');
  });
});
