import { type FromSchema, inputParser } from './from-schema.ts';
import { editFile } from './text/edit-file.ts';
import type { Hunk } from './text/structured-patch.ts';
import type { Tool, ToolContext, ToolOutcome } from './tool.ts';

const MAX_EDITS = 500;

const SCHEMA = {
  type: 'object',
  properties: {
    file_path: {
      type: 'string',
      minLength: 1,
      description: 'The file: an absolute path, or one relative to the working directory.',
    },
    edits: {
      type: 'array',
      minItems: 1,
      maxItems: MAX_EDITS,
      description: 'The edits, made in this order, each on what those before it have left.',
      items: {
        type: 'object',
        properties: {
          old_string: {
            type: 'string',
            minLength: 1,
            description: 'The passage to replace, exactly as it stands in the file by then.',
          },
          new_string: { type: 'string', description: 'What takes its place; empty to remove the passage.' },
          replace_all: {
            type: 'boolean',
            description: 'Replace every occurrence. Default false: there must be exactly one.',
          },
        },
        required: ['old_string', 'new_string'],
        additionalProperties: false,
      },
    },
  },
  required: ['file_path', 'edits'],
  additionalProperties: false,
} as const;

export type MultiEditInput = FromSchema<typeof SCHEMA>;
export type MultiEditOutput = {
  filePath: string;
  edits: { old_string: string; new_string: string; replace_all: boolean }[];
  /** Null for an original of more than a million characters. */
  originalFile: string | null;
  structuredPatch: Hunk[];
  userModified: boolean;
};

/** Several edits of one file in one call, all or none. */
export const multiEditTool: Tool<MultiEditInput, MultiEditOutput> = {
  name: 'MultiEdit',
  onRequest: true,
  description: [
    'Makes several replacements in one text file, in the order given; each works as an Edit. All are made or none.',
    'A file that was read in this session must not have changed since.',
    'Take care that an edit does not change what a later one looks for.',
  ].join('\n'),
  inputSchema: SCHEMA,
  effect: 'write',
  parse: inputParser(SCHEMA),
  target: ({ file_path }) => ({ paths: [{ path: file_path, access: 'write' }] }),
  run: editSeveral,
};

async function editSeveral(input: MultiEditInput, context: ToolContext): Promise<ToolOutcome<MultiEditOutput>> {
  const { file_path, edits } = input;
  const { path, replaced, originalFile, structuredPatch } = await editFile(file_path, edits, context);
  return {
    content: `Made ${edits.length} edits of ${file_path}. Replaced ${replaced.join('; ')}.`,
    structured: {
      filePath: path,
      edits: edits.map((edit) => ({ ...edit, replace_all: edit.replace_all ?? false })),
      originalFile,
      structuredPatch,
      userModified: false,
    },
  };
}
