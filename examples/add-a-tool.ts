// Adds a tool to what the model can do: everything that belongs to it stands in this one file.
//   node --conditions=colloquy-source examples/add-a-tool.ts --offline
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { text, toolUse } from '@colloquy/emulator';
import { createSdkMcpServer, query, tool } from 'colloquy';
import { z } from 'zod';
import { fromArgs } from './from-args.ts';

// The tool: a name, what the model is told about it, its input, and what it does.
const countWords = tool(
  'count_words',
  'Counts the words of a text file.',
  {
    path: z.string().describe('The file'),
    longer_than: z.int().min(0).default(0).describe('Count only words of more letters than this'),
  },
  async ({ path, longer_than }, { signal }) => {
    // An exception becomes an error result, from which the model sees what was wrong.
    const words = (await readFile(path, { encoding: 'utf8', signal })).match(/\p{L}+/gu) ?? [];
    const count = words.filter((word) => word.length > longer_than).length;
    return { content: [{ type: 'text', text: `${count} words` }] };
  },
  { annotations: { readOnlyHint: true } },
);
// What others import: `mcpServers: { words }` in their options is all that it takes.
export const words = createSdkMcpServer({ name: 'words', tools: [countWords] });

const file = import.meta.filename;
const options = await fromArgs([
  toolUse('mcp__words__count_words', { path: `${file}.gone` }),
  toolUse('mcp__words__count_words', { path: file, longer_than: 12 }),
  text('There are a few long words in it.'),
]);
const results: string[] = [];
const messages = query({
  prompt: `How many long words are there in ${file}?`,
  options: { ...options, mcpServers: { words }, allowedTools: ['mcp__words__count_words'] },
});
for await (const message of messages) {
  if (message.type === 'user' && typeof message.message.content !== 'string') {
    for (const block of message.message.content) {
      if (block.type === 'tool_result') results.push(JSON.stringify(block.content));
    }
  }
  if (message.type === 'result' && message.subtype === 'success') console.log(message.result);
}

console.log(results.join('\n'));
assert.match(results[0] ?? '', /no such file/);
assert.match(results[1] ?? '', /\d+ words/);
