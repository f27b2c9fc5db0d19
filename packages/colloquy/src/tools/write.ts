import { type FromSchema, inputParser } from './from-schema.ts';
import { type Hunk, structuredPatch } from './text/structured-patch.ts';
import { encodeAnew, readSeenText, toldOriginal, writeSeen } from './text/text-file.ts';
import type { Tool, ToolContext, ToolOutcome } from './tool.ts';

const SCHEMA = {
  type: 'object',
  properties: {
    file_path: {
      type: 'string',
      minLength: 1,
      description: 'The file: an absolute path, or one relative to the working directory.',
    },
    content: { type: 'string', description: 'The whole new content.' },
  },
  required: ['file_path', 'content'],
  additionalProperties: false,
} as const;

export type WriteInput = FromSchema<typeof SCHEMA>;
export type WriteOutput = {
  type: 'create' | 'update';
  filePath: string;
  content: string;
  /** Empty for a new file. */
  structuredPatch: Hunk[];
  /** Null for a new file, and for an original of more than a million characters. */
  originalFile: string | null;
  /** Always false: nobody changes the content on the way. */
  userModified: boolean;
};

/** Makes a file, or replaces all of one that the model has seen. */
export const writeTool: Tool<WriteInput, WriteOutput> = {
  name: 'Write',
  aliases: ['write'],
  description: [
    'Makes a file with the given content, or replaces the whole content of an existing one. Missing folders are made.',
    'An existing file that was read in this session must not have changed since; read it first unless its content does not matter. Its encoding and byte order mark stay.',
    'To change a part of a file, edit it instead of writing all of it.',
  ].join('\n'),
  inputSchema: SCHEMA,
  effect: 'write',
  parse: inputParser(SCHEMA),
  target: ({ file_path }) => ({ paths: [{ path: file_path, access: 'write' }] }),
  run: writeFile,
};

async function writeFile({ file_path, content }: WriteInput, context: ToolContext): Promise<ToolOutcome<WriteOutput>> {
  const { files, signal } = context;
  const path = await files.resolve(file_path);
  const found = await files.stat(path);
  if (found === undefined) {
    await writeSeen(files, path, Buffer.from(content), { unchangedSince: 'absent', signal });
    return {
      content: `Made ${file_path} (${countLines(content)}).`,
      structured: {
        type: 'create',
        filePath: path,
        content,
        structuredPatch: [],
        originalFile: null,
        userModified: false,
      },
    };
  }
  const original = await readSeenText(files, path, { shown: file_path, found, replacing: true, signal });
  await writeSeen(files, path, encodeAnew(content, original), { unchangedSince: original.state, signal });
  return {
    content: `Replaced the content of ${file_path} (${countLines(content)}).`,
    structured: {
      type: 'update',
      filePath: path,
      content,
      structuredPatch: await structuredPatch(original.text, content),
      originalFile: toldOriginal(original.text),
      userModified: false,
    },
  };
}

function countLines(text: string): string {
  const lines = text === '' ? 0 : text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
  return lines === 1 ? '1 line' : `${lines} lines`;
}
