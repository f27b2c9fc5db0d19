import { type FromSchema, inputParser } from './from-schema.ts';
import { editFile } from './text/edit-file.ts';
import type { Hunk } from './text/structured-patch.ts';
import type { Tool, ToolContext, ToolOutcome } from './tool.ts';

const SCHEMA = {
  type: 'object',
  properties: {
    file_path: {
      type: 'string',
      minLength: 1,
      description: 'The file: an absolute path, or one relative to the working directory.',
    },
    old_string: {
      type: 'string',
      minLength: 1,
      description: 'The passage to replace, exactly as it stands in the file.',
    },
    new_string: { type: 'string', description: 'What takes its place; empty to remove the passage.' },
    replace_all: {
      type: 'boolean',
      description: 'Replace every occurrence. Default false: there must be exactly one.',
    },
  },
  required: ['file_path', 'old_string', 'new_string'],
  additionalProperties: false,
} as const;

export type EditInput = FromSchema<typeof SCHEMA>;
export type EditOutput = {
  filePath: string;
  oldString: string;
  newString: string;
  /** Null for an original of more than a million characters. */
  originalFile: string | null;
  structuredPatch: Hunk[];
  userModified: boolean;
  replaceAll: boolean;
};

/** Replaces a passage of a file that the model has seen. Encoding, line ends, byte order mark and mode of the file stay. */
export const editTool: Tool<EditInput, EditOutput> = {
  name: 'Edit',
  aliases: ['edit'],
  description: [
    'Replaces a passage of a text file. A file that was read in this session must not have changed since.',
    'old_string must match exactly, white space included, without the line numbers that reading shows; only whether lines end with LF or CRLF does not matter.',
    'Line ends and encoding of the file stay as they are. Notebooks are changed with NotebookEdit.',
    'It must occur exactly once: add neighbouring lines until it does, or set replace_all.',
  ].join('\n'),
  inputSchema: SCHEMA,
  effect: 'write',
  parse: inputParser(SCHEMA),
  target: ({ file_path }) => ({ paths: [{ path: file_path, access: 'write' }] }),
  run: edit,
};

async function edit(input: EditInput, context: ToolContext): Promise<ToolOutcome<EditOutput>> {
  const { file_path, old_string, new_string, replace_all = false } = input;
  const { path, replaced, originalFile, structuredPatch } = await editFile(file_path, [input], context);
  return {
    content: `Replaced in ${file_path}: ${replaced.join('; ')}.`,
    structured: {
      filePath: path,
      oldString: old_string,
      newString: new_string,
      originalFile,
      structuredPatch,
      userModified: false,
      replaceAll: replace_all,
    },
  };
}
