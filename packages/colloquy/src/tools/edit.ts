import { replacePassage } from './text/edit-text.ts';
import { type FromSchema, inputParser } from './from-schema.ts';
import { missingFileError } from './missing-file.ts';
import { type Hunk, structuredPatch } from './text/structured-patch.ts';
import { readSeenText, toldOriginal, writeSeenText } from './text/text-file.ts';
import type { Tool, ToolContext, ToolOutcome } from './tool.ts';

const MAX_TOLD_LINES = 10;

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

/** Replaces a passage of a file that the model has seen. Line ends, byte order mark and mode of the file stay. */
export const editTool: Tool<EditInput, EditOutput> = {
  name: 'Edit',
  aliases: ['edit'],
  description: [
    'Replaces a passage of a text file. The file must have been read in this session, and must not have changed since.',
    'old_string must match exactly, white space included, without the line numbers that reading shows; only whether lines end with LF or CRLF does not matter.',
    'It must occur exactly once: add neighbouring lines until it does, or set replace_all.',
  ].join('\n'),
  inputSchema: SCHEMA,
  effect: 'write',
  parse: inputParser(SCHEMA),
  target: ({ file_path }) => ({ paths: [{ path: file_path, access: 'write' }] }),
  run: editFile,
};

async function editFile(input: EditInput, context: ToolContext): Promise<ToolOutcome<EditOutput>> {
  const { file_path, old_string, new_string, replace_all = false } = input;
  const { files, signal } = context;
  if (old_string === new_string) throw new Error('old_string and new_string are the same: there is nothing to change.');
  const path = await files.resolve(file_path);
  const found = await files.stat(path);
  if (found === undefined) throw await missingFileError(files, file_path, context.cwd);
  const original = await readSeenText(files, path, { shown: file_path, found, replacing: false, signal });
  const edited = replacePassage(original.text, old_string, new_string, (atLines) => {
    if (atLines.length === 0) throw notFoundError(file_path);
    if (atLines.length > 1 && !replace_all) throw ambiguousError(file_path, atLines);
    return atLines.length;
  });
  await writeSeenText(files, path, original.byteOrderMark + edited.text, { unchangedSince: original.state, signal });
  const { atLines } = edited;
  return {
    content: `Replaced ${atLines.length === 1 ? 'one passage' : `${atLines.length} passages`} of ${file_path} (${lineList(atLines)}).`,
    structured: {
      filePath: path,
      oldString: old_string,
      newString: new_string,
      originalFile: toldOriginal(original.text),
      structuredPatch: await structuredPatch(original.text, edited.text),
      userModified: false,
      replaceAll: replace_all,
    },
  };
}

function notFoundError(path: string): Error {
  return new Error(
    `old_string does not occur in ${path}. It must match exactly, white space included; the line numbers and tabs that reading shows are not part of the file.`,
  );
}

function ambiguousError(path: string, atLines: readonly number[]): Error {
  return new Error(
    `old_string occurs ${atLines.length} times in ${path} (${lineList(atLines)}). Add neighbouring lines so that it occurs once, or set replace_all.`,
  );
}

function lineList(atLines: readonly number[]): string {
  const shown = [...new Set(atLines)].slice(0, MAX_TOLD_LINES);
  const more = new Set(atLines).size > shown.length ? ', …' : '';
  return `${shown.length === 1 ? 'line' : 'lines'} ${shown.join(', ')}${more}`;
}
