import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Call, callTools, seen } from '../harness/calls.ts';
import type { Program } from '../harness/program.ts';

const TOOLS = ['Read', 'Edit', 'Write', 'NotebookEdit', 'Glob', 'Grep', 'Bash'];
const FRUIT = 'apple\nbanana\ncherry\nbanana split\n';
const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const cell = (id: string, source: string) => ({
  cell_type: 'code',
  execution_count: null,
  id,
  metadata: {},
  outputs: [],
  source,
});
const NOTEBOOK = JSON.stringify(
  {
    cells: [cell('one', 'print(1)'), cell('two', 'print(2)')],
    metadata: { language_info: { name: 'python' } },
    nbformat: 4,
    nbformat_minor: 5,
  },
  undefined,
  1,
);

/** A small PDF of one page without text. */
const PDF = `%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 72 72]>>endobj
xref
0 4
0000000000 65535 f 
0000000009 00000 n 
0000000054 00000 n 
0000000105 00000 n 
trailer<</Size 4/Root 1 0 R>>
startxref
166
%%EOF
`;

/** Reading, writing and searching files. */
export const toolsFiles: Program = {
  name: 'tools-files',
  ids: [
    'g.Read',
    'g.Read.range',
    'g.Read.missing',
    'g.Read.empty',
    'g.Read.image',
    'g.Read.notebook',
    'g.Read.pdf',
    'g.Edit',
    'g.Edit.replace-all',
    'g.Edit.not-read',
    'g.Edit.not-unique',
    'g.Edit.not-found',
    'g.Edit.stale',
    'g.Write.create',
    'g.Write.update',
    'g.Write.not-read',
    'g.NotebookEdit.replace',
    'g.NotebookEdit.insert',
    'g.Glob',
    'g.Glob.none',
    'g.Grep.files',
    'g.Grep.content',
    'g.Grep.count',
    'g.Grep.none',
    'g.error.unknown-tool',
    'g.error.invalid-input',
  ],
  async run({ sdk, scene }) {
    const at = await scene([], {
      files: {
        'fruit.txt': FRUIT,
        'unread.txt': 'x',
        'empty.txt': '',
        'old.txt': 'old\n',
        'over.txt': 'old\n',
        'stale.txt': 'before\n',
        'deep/a.ts': 'export const a = 1;\n',
        'deep/b.ts': 'export const b = 2;\n',
        'book.ipynb': NOTEBOOK,
        'page.pdf': PDF,
      },
    });
    writeFileSync(join(at.folder, 'dot.png'), Buffer.from(PIXEL, 'base64'));
    const path = (name: string): string => join(at.folder, name);
    const calls: Record<string, Call> = {
      'Edit.not-read': ['Edit', { file_path: path('unread.txt'), old_string: 'x', new_string: 'y' }],
      Read: ['Read', { file_path: path('fruit.txt') }],
      'Read.range': ['Read', { file_path: path('fruit.txt'), offset: 2, limit: 2 }],
      'Read.missing': ['Read', { file_path: path('none.txt') }],
      'Read.empty': ['Read', { file_path: path('empty.txt') }],
      'Read.image': ['Read', { file_path: path('dot.png') }],
      'Read.notebook': ['Read', { file_path: path('book.ipynb') }],
      'Read.pdf': ['Read', { file_path: path('page.pdf') }],
      Edit: ['Edit', { file_path: path('fruit.txt'), old_string: 'cherry', new_string: 'cranberry' }],
      'Edit.not-unique': ['Edit', { file_path: path('fruit.txt'), old_string: 'banana', new_string: 'pear' }],
      'Edit.not-found': ['Edit', { file_path: path('fruit.txt'), old_string: 'grape', new_string: 'pear' }],
      'Edit.replace-all': [
        'Edit',
        { file_path: path('fruit.txt'), old_string: 'banana', new_string: 'pear', replace_all: true },
      ],
      'Write.create': ['Write', { file_path: path('new/file.txt'), content: 'one\ntwo\n' }],
      'Write.not-read': ['Write', { file_path: path('over.txt'), content: 'new\n' }],
      'read-old': ['Read', { file_path: path('old.txt') }],
      'Write.update': ['Write', { file_path: path('old.txt'), content: 'new\n' }],
      'read-stale': ['Read', { file_path: path('stale.txt') }],
      change: ['Bash', { command: 'sleep 1.1; echo after > stale.txt', description: 'Change it' }],
      'Edit.stale': ['Edit', { file_path: path('stale.txt'), old_string: 'before', new_string: 'again' }],
      'NotebookEdit.replace': [
        'NotebookEdit',
        { notebook_path: path('book.ipynb'), cell_id: 'one', new_source: 'print(3)' },
      ],
      'NotebookEdit.insert': [
        'NotebookEdit',
        {
          notebook_path: path('book.ipynb'),
          cell_id: 'two',
          new_source: '# Title',
          cell_type: 'markdown',
          edit_mode: 'insert',
        },
      ],
      'NotebookEdit.delete': [
        'NotebookEdit',
        { notebook_path: path('book.ipynb'), cell_id: 'two', new_source: '', edit_mode: 'delete' },
      ],
      Glob: ['Glob', { pattern: 'deep/*.ts' }],
      'Glob.none': ['Glob', { pattern: '*.rs' }],
      'Grep.files': ['Grep', { pattern: 'export', path: path('deep') }],
      'Grep.content': [
        'Grep',
        { pattern: 'pear', path: path('fruit.txt'), output_mode: 'content', '-n': true, '-A': 1 },
      ],
      'Grep.count': ['Grep', { pattern: 'pear', path: path('fruit.txt'), output_mode: 'count' }],
      'Grep.none': ['Grep', { pattern: 'zebra', path: path('fruit.txt') }],
      'error.unknown-tool': ['NoSuchTool', { a: 1 }],
      'error.invalid-input': ['Read', { path: 'fruit.txt' }],
    };
    const { called } = await callTools(sdk, at, Object.values(calls), {
      tools: TOOLS,
      // Where everything is allowed, Claude Code asks for no reading before.
      permissionMode: 'default',
      canUseTool: async (_tool, input) => ({ behavior: 'allow', updatedInput: input }),
    });
    const of = Object.fromEntries(Object.keys(calls).map((name, index) => [name, called[index]]));
    const told = (name: string, ...mentions: string[]): unknown => at.normal(seen(of[name], mentions));
    const madeId = JSON.stringify(of['NotebookEdit.insert']?.output ?? '').match(/"cell_id":"(\w+)"/)?.[1];
    const withoutMadeId = (value: unknown): unknown =>
      madeId === undefined ? value : JSON.parse(JSON.stringify(value).replaceAll(madeId, '<made>'));
    return {
      'g.Read': told('Read'),
      'g.Read.range': told('Read.range'),
      'g.Read.missing': told('Read.missing', 'does not exist'),
      'g.Read.empty': told('Read.empty'),
      'g.Read.image': told('Read.image'),
      'g.Read.notebook': told('Read.notebook'),
      'g.Read.pdf': told('Read.pdf'),
      'g.Edit': told('Edit'),
      'g.Edit.replace-all': told('Edit.replace-all'),
      'g.Edit.not-read': told('Edit.not-read', 'read'),
      'g.Edit.not-unique': told('Edit.not-unique', 'replace_all'),
      'g.Edit.not-found': told('Edit.not-found'),
      'g.Edit.stale': told('Edit.stale', 'read'),
      'g.Write.create': told('Write.create'),
      'g.Write.update': told('Write.update'),
      'g.Write.not-read': told('Write.not-read', 'read'),
      'g.NotebookEdit.replace': told('NotebookEdit.replace'),
      'g.NotebookEdit.insert': withoutMadeId([told('NotebookEdit.insert'), told('NotebookEdit.delete')]),
      'g.Glob': told('Glob'),
      'g.Glob.none': told('Glob.none'),
      'g.Grep.files': told('Grep.files'),
      'g.Grep.content': told('Grep.content'),
      'g.Grep.count': told('Grep.count'),
      'g.Grep.none': told('Grep.none'),
      'g.error.unknown-tool': told('error.unknown-tool', 'tool_use_error', 'NoSuchTool'),
      'g.error.invalid-input': told('error.invalid-input', 'tool_use_error', 'file_path'),
    };
  },
};
