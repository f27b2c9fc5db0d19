import { expect, test } from 'vitest';
import { openTools, type ToolScene } from './tool-scene.ts';

const NOTEBOOK = {
  cells: [
    { cell_type: 'markdown', id: 'm1', metadata: {}, source: ['# Titel ü\n', 'text'] },
    {
      cell_type: 'code',
      execution_count: 3,
      id: 'c1',
      metadata: { tags: ['kept'] },
      outputs: [{ output_type: 'stream', name: 'stdout', text: ['old'] }],
      source: ['old()'],
    },
  ],
  metadata: { language_info: { name: 'python' } },
  nbformat: 4,
  nbformat_minor: 5,
};
const written = `${JSON.stringify(NOTEBOOK, undefined, 1)}\n`;

async function edit(scene: ToolScene, input: object) {
  await scene.call('Read', { file_path: 'a.ipynb' });
  return scene.call('NotebookEdit', { notebook_path: 'a.ipynb', new_source: '', ...input });
}

test('replaces a cell, whose outputs go with the old code; all else stays to the byte', async () => {
  await using scene = await openTools({ 'a.ipynb': written });
  const result = await edit(scene, { cell_id: 'c1', new_source: 'a\nb' });
  const [markdown, code] = NOTEBOOK.cells;
  const changed = { ...code, execution_count: null, outputs: [], source: ['a\n', 'b'] };
  const after = `${JSON.stringify({ ...NOTEBOOK, cells: [markdown, changed] }, undefined, 1)}\n`;
  expect(scene.read('a.ipynb')).toBe(after);
  expect(result).toMatchObject({
    isError: false,
    text: 'Replaced the cell c1 of a.ipynb.',
    structured: {
      notebook_path: scene.path('a.ipynb'),
      edit_mode: 'replace',
      cell_id: 'c1',
      cell_type: 'code',
      language: 'python',
      new_source: 'a\nb',
      old_source: 'old()',
      original_file: written,
      updated_file: after,
    },
  });
});

test('turns a code cell into text, and back', async () => {
  await using scene = await openTools({ 'a.ipynb': written });
  await edit(scene, { cell_id: 'c1', cell_type: 'markdown', new_source: 'words' });
  expect(JSON.parse(scene.read('a.ipynb')).cells[1]).toEqual({
    cell_type: 'markdown',
    id: 'c1',
    metadata: { tags: ['kept'] },
    source: ['words'],
  });
  await edit(scene, { cell_id: 'c1', cell_type: 'code', new_source: '' });
  expect(JSON.parse(scene.read('a.ipynb')).cells[1]).toMatchObject({ cell_type: 'code', outputs: [], source: [] });
});

test('inserts a cell after another or first, with an id of its own, and deletes one', async () => {
  await using scene = await openTools({ 'a.ipynb': written });
  await edit(scene, { edit_mode: 'insert', cell_id: 'm1', cell_type: 'code', new_source: 'x' });
  const { structured } = await edit(scene, { edit_mode: 'insert', cell_type: 'markdown', new_source: 'first' });
  expect(structured).toMatchObject({ edit_mode: 'insert', cell_id: expect.stringMatching(/^[0-9a-f]{8}$/) });
  const { structured: deleted } = await edit(scene, { edit_mode: 'delete', cell_id: 'm1' });
  expect(deleted).toMatchObject({ edit_mode: 'delete', cell_id: 'm1', new_source: '', old_source: '# Titel ü\ntext' });
  const { cells } = JSON.parse(scene.read('a.ipynb'));
  expect(cells.map(({ cell_type, source }: { cell_type: string; source: string[] }) => [cell_type, source])).toEqual([
    ['markdown', ['first']],
    ['code', ['x']],
    ['code', ['old()']],
  ]);
  expect(new Set(cells.map(({ id }: { id: string }) => id)).size).toBe(3);
});

test('notebooks without ids of cells are edited by place; sources, line ends and indentation stay as they were', async () => {
  const old = {
    cells: [{ cell_type: 'raw', metadata: {}, source: 'a' }],
    metadata: {},
    nbformat: 4,
    nbformat_minor: 2,
  };
  const text = JSON.stringify(old, undefined, '\t').replaceAll('\n', '\r\n');
  await using scene = await openTools({ 'a.ipynb': `\uFEFF${text}` });
  await edit(scene, { cell_id: 'cell-0', new_source: 'b' });
  expect(scene.read('a.ipynb')).toBe(`\uFEFF${text.replace('"a"', '"b"')}`);
  await edit(scene, { edit_mode: 'insert', cell_id: 'cell-0', cell_type: 'code', new_source: 'c' });
  expect(JSON.parse(scene.read('a.ipynb').slice(1)).cells[1]).not.toHaveProperty('id');
});

test('says what is wrong', async () => {
  await using scene = await openTools({ 'a.ipynb': written, 'b.txt': '', 'c.ipynb': '{}' });
  const wrong = async (input: object): Promise<string> => {
    const { isError, text } = await scene.call('NotebookEdit', { notebook_path: 'a.ipynb', new_source: 'x', ...input });
    return isError ? text : 'was done';
  };
  expect(await wrong({ cell_id: 'c1' })).toContain('has not been read');
  await scene.call('Read', { file_path: 'a.ipynb' });
  expect(await wrong({ cell_id: 'c9' })).toBe('a.ipynb has no cell c9. Its cells are: m1, c1.');
  expect(await wrong({})).toContain('cell_id is missing');
  expect(await wrong({ edit_mode: 'insert' })).toContain('cell_type is missing');
  expect(await wrong({ edit_mode: 'move' })).toContain('edit_mode');
  expect(await wrong({ notebook_path: 'b.txt' })).toContain('not a notebook (.ipynb). Change it with Edit');
  expect(await wrong({ notebook_path: 'd.ipynb' })).toContain('d.ipynb does not exist');
  await scene.call('Write', { file_path: 'c.ipynb', content: 'x' });
  await scene.call('Read', { file_path: 'c.ipynb' });
  expect(await wrong({ notebook_path: 'c.ipynb', cell_id: 'x' })).toContain('c.ipynb');
  scene.write('a.ipynb', '{}');
  expect(await wrong({ cell_id: 'c1' })).toContain('has changed since it was read');
});

test('is asked about like any edit', async () => {
  const asked: string[] = [];
  await using scene = await openTools(
    { 'a.ipynb': written },
    {
      permissionMode: 'default',
      canUseTool: async (name) => {
        asked.push(name);
        return { behavior: 'deny', message: 'No.' };
      },
    },
  );
  expect(await edit(scene, { cell_id: 'c1' })).toMatchObject({ isError: true, text: 'No.' });
  expect([asked, scene.read('a.ipynb')]).toEqual([['NotebookEdit'], written]);
});
