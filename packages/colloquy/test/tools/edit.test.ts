import { chmod, stat, utimes } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { openTools, type ToolScene } from './tool-scene.ts';

/** Reads a file and edits it. */
async function readAndEdit(scene: ToolScene, old_string: string, new_string: string, more: object = {}) {
  await scene.call('Read', { file_path: 'a.txt' });
  return scene.call('Edit', { file_path: 'a.txt', old_string, new_string, ...more });
}

test('replaces a passage of a file that was read, and tells the program what changed', async () => {
  await using scene = await openTools({ 'a.txt': 'one\ntwo\nthree\n' });
  expect(await readAndEdit(scene, 'two', '2')).toMatchObject({
    text: 'Replaced in a.txt: one passage (line 2).',
    isError: false,
    structured: {
      filePath: scene.path('a.txt'),
      oldString: 'two',
      newString: '2',
      originalFile: 'one\ntwo\nthree\n',
      structuredPatch: [
        { oldStart: 1, oldLines: 3, newStart: 1, newLines: 3, lines: [' one', '-two', '+2', ' three'] },
      ],
      userModified: false,
      replaceAll: false,
    },
  });
  // What was edited is known, and may be edited again.
  await scene.call('Edit', { file_path: 'a.txt', old_string: '2', new_string: 'II' });
  expect(scene.read('a.txt')).toBe('one\nII\nthree\n');
});

test('replaces every occurrence only when told to', async () => {
  await using scene = await openTools({ 'a.txt': 'x\ny\nx\n' });
  expect(await readAndEdit(scene, 'x', 'z')).toMatchObject({
    isError: true,
    text: 'old_string occurs 2 times in a.txt (lines 1, 3). Add neighbouring lines so that it occurs once, or set replace_all.',
  });
  await readAndEdit(scene, 'x', 'z', { replace_all: true });
  expect(scene.read('a.txt')).toBe('z\ny\nz\n');
});

test('changes a file that was not read, where old_string occurs', async () => {
  await using scene = await openTools({ 'a.txt': 'x' });
  await scene.call('Edit', { file_path: 'a.txt', old_string: 'x', new_string: 'y' });
  expect(scene.read('a.txt')).toBe('y');
});

describe('what has changed since the model saw it is not changed', () => {
  test('a file that changed after it was read', async () => {
    await using scene = await openTools({ 'a.txt': 'x' });
    await scene.call('Read', { file_path: 'a.txt' });
    scene.write('a.txt', 'x theirs');
    const { text } = await scene.call('Edit', { file_path: 'a.txt', old_string: 'x', new_string: 'y' });
    expect(text).toContain('has changed since it was read');
    expect(scene.read('a.txt')).toBe('x theirs');
  });

  test('a file of the same size that was written at another time', async () => {
    await using scene = await openTools({ 'a.txt': 'x' });
    await scene.call('Read', { file_path: 'a.txt' });
    await utimes(scene.path('a.txt'), new Date(), new Date(1));
    const { text } = await scene.call('Edit', { file_path: 'a.txt', old_string: 'x', new_string: 'y' });
    expect(text).toContain('has changed since it was read');
  });

  test('a file that changes while the edit is asked about', async () => {
    const changing: { scene?: ToolScene } = {};
    await using scene = await openTools(
      { 'a.txt': 'x' },
      {
        permissionMode: 'default',
        canUseTool: async () => {
          changing.scene?.write('a.txt', 'x theirs');
          return { behavior: 'allow' };
        },
      },
    );
    changing.scene = scene;
    expect(await readAndEdit(scene, 'x', 'y')).toMatchObject({ isError: true });
    expect(scene.read('a.txt')).toBe('x theirs');
  });
});

describe('what stays as it is:', () => {
  test.each([
    ['line ends CRLF and no final one', Buffer.from('é one\r\ntwo'), Buffer.from('é one\r\n2\r\n3')],
    ['a byte order mark', Buffer.from('\uFEFFé\ntwo\n'), Buffer.from('\uFEFFé\n2\n3\n')],
    ['UTF-16 LE', Buffer.from('\uFEFFé\r\ntwo\r\n', 'utf16le'), Buffer.from('\uFEFFé\r\n2\r\n3\r\n', 'utf16le')],
    ['UTF-16 BE', Buffer.from('\uFEFFé two', 'utf16le').swap16(), Buffer.from('\uFEFFé 2\n3', 'utf16le').swap16()],
    ['Latin-1', Buffer.from('é two', 'latin1'), Buffer.from('é 2\n3', 'latin1')],
  ])('%s', async (_what, before, after) => {
    await using scene = await openTools({ 'a.txt': before });
    expect((await readAndEdit(scene, 'two', '2\n3')).isError).toBe(false);
    expect(scene.bytes('a.txt').toString('hex')).toBe(after.toString('hex'));
  });

  test('the mode of the file', async () => {
    await using scene = await openTools({ 'a.txt': 'two' });
    await chmod(scene.path('a.txt'), 0o751);
    await readAndEdit(scene, 'two', '2');
    expect((await stat(scene.path('a.txt'))).mode & 0o777).toBe(0o751);
  });
});

describe('a passage that is not there', () => {
  const missing = async (content: string, old_string: string): Promise<string> => {
    await using scene = await openTools({ 'a.txt': content });
    const { text, isError } = await readAndEdit(scene, old_string, 'new');
    expect({ isError, content: scene.read('a.txt') }).toEqual({ isError: true, content });
    return text.replace('old_string does not occur in a.txt. ', '');
  };

  test('but for the line numbers of reading', async () => {
    expect(await missing('one\ntwo\n', '1\tone\n2\ttwo')).toContain('leave them and the tabs out');
  });

  test('but for white space, quotes or dashes', async () => {
    expect(await missing('if (a) {\n\treturn “b” – c;\n}\n', 'if (a) {\n  return "b" - c;\n}')).toBe(
      'Lines 1 to 3 are alike but for white space, quotes or dashes. The file has exactly this:\nif (a) {\n\treturn “b” – c;\n}',
    );
  });

  test('but for its first line', async () => {
    expect(await missing('a\nb\nc\n', 'b\nx')).toBe(
      'Its first line is line 2, but what follows is different. The file has there:\nb\nc',
    );
  });

  test('at all', async () => {
    expect(await missing('one\n', 'two')).toContain('It must match exactly, white space included');
    expect(await missing('one\n', '   ')).toContain('nothing but white space');
  });
});

test('what cannot be edited is refused with what to do', async () => {
  await using scene = await openTools({
    'a.ipynb': '{}',
    'broken.txt': Buffer.concat([Buffer.from('äö'), Buffer.from([0xff])]),
    'latin1.txt': Buffer.from('é', 'latin1'),
    'b.txt': 'x',
    'folder/x': '',
  });
  const edit = async (file_path: string, new_string = 'y', old_string = 'ä'): Promise<string> => {
    await scene.call('Read', { file_path });
    return (await scene.call('Edit', { file_path, old_string, new_string })).text;
  };
  expect(await edit('a.ipynb')).toBe('a.ipynb is a notebook. Change its cells with NotebookEdit.');
  expect(await edit('broken.txt')).toContain('not valid UTF-8');
  expect(await edit('latin1.txt', '😀', 'é')).toContain('which has no 😀 (U+1F600)');
  expect(await edit('a.txt')).toContain('a.txt does not exist. Did you mean b.txt');
  expect(await edit('folder')).toContain('is a directory');
  expect(await edit('b.txt', 'x', 'x')).toContain('nothing to change');
  expect(await edit('b.txt', 'y', '')).toContain('old_string');
  expect(scene.bytes('latin1.txt').toString('latin1')).toBe('é');
});

test('is asked about, and a denial changes nothing', async () => {
  const asked: string[] = [];
  await using scene = await openTools(
    { 'a.txt': 'x' },
    {
      permissionMode: 'default',
      canUseTool: async (name) => {
        asked.push(name);
        return { behavior: 'deny', message: 'Not this file.' };
      },
    },
  );
  expect(await readAndEdit(scene, 'x', 'y')).toMatchObject({ isError: true, text: 'Not this file.' });
  expect([asked, scene.read('a.txt')]).toEqual([['Edit'], 'x']);
});

test('two edits of one answer are made one after the other', async () => {
  await using scene = await openTools({ 'a.txt': 'x y' });
  await scene.call('Read', { file_path: 'a.txt' });
  const { toolUses, text } = await import('@colloquy/emulator');
  scene.emulator.script(
    toolUses([
      { name: 'Edit', input: { file_path: 'a.txt', old_string: 'x', new_string: '1' } },
      { name: 'Edit', input: { file_path: 'a.txt', old_string: 'y', new_string: '2' } },
    ]),
    text('Done.'),
  );
  await scene.client.query('Both');
  for await (const _message of scene.client.receiveResponse());
  expect(scene.read('a.txt')).toBe('1 2');
});

describe('MultiEdit', () => {
  const edits = [
    { old_string: 'one', new_string: 'two' },
    { old_string: 'two\n', new_string: '2\n', replace_all: true },
  ];

  test('makes several edits, each on what the one before has left', async () => {
    await using scene = await openTools({ 'a.txt': 'one\ntwo\n' });
    await scene.call('Read', { file_path: 'a.txt' });
    expect(await scene.call('MultiEdit', { file_path: 'a.txt', edits })).toMatchObject({
      text: 'Made 2 edits of a.txt. Replaced one passage (line 1); 2 passages (lines 1, 2).',
      structured: {
        filePath: scene.path('a.txt'),
        edits: [{ old_string: 'one', new_string: 'two', replace_all: false }, edits[1]],
        originalFile: 'one\ntwo\n',
        structuredPatch: [{ lines: ['-one', '-two', '+2', '+2'] }],
        userModified: false,
      },
    });
    expect(scene.read('a.txt')).toBe('2\n2\n');
  });

  test('makes none when one does not fit, and says which', async () => {
    await using scene = await openTools({ 'a.txt': 'one\n' });
    await scene.call('Read', { file_path: 'a.txt' });
    const wrong = [...edits, { old_string: 'three', new_string: '3' }];
    const { isError, text } = await scene.call('MultiEdit', { file_path: 'a.txt', edits: wrong });
    expect({ isError, text }).toEqual({
      isError: true,
      text: expect.stringContaining('old_string of edit 3 of 3 does not occur in a.txt. No edit was made.'),
    });
    expect(scene.read('a.txt')).toBe('one\n');
    expect((await scene.call('MultiEdit', { file_path: 'a.txt', edits: [] })).text).toContain('edits');
  });

  test('is offered only where it is asked for', async () => {
    await using scene = await openTools({}, { tools: { type: 'preset', preset: 'claude_code' } });
    expect((await scene.call('MultiEdit', { file_path: 'a.txt', edits })).text).toContain(
      'There is no tool named MultiEdit',
    );
  });
});
