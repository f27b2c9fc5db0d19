// Lets the model read freely, and decides about everything else in code.
//   node --conditions=colloquy-source examples/permissions.ts --offline
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text, toolUses } from '@colloquy/emulator';
import { ClaudeSDKClient, type SDKResultMessage } from 'colloquy';
import { fromArgs } from './from-args.ts';

const cwd = mkdtempSync(join(tmpdir(), 'colloquy-permissions-'));
writeFileSync(join(cwd, 'notes.txt'), 'Buy milk\n');

const options = await fromArgs([
  toolUses([
    { name: 'Read', input: { file_path: join(cwd, 'notes.txt') } },
    { name: 'Write', input: { file_path: join(cwd, 'copy.txt'), content: 'Buy milk\n' } },
    { name: 'Bash', input: { command: 'rm notes.txt' } },
  ]),
  text('I copied the notes, but was not allowed to delete them.'),
]);

const asked: string[] = [];
await using client = new ClaudeSDKClient({
  ...options,
  cwd,
  canUseTool: async (name, input) => {
    asked.push(name);
    if (name === 'Write') return { behavior: 'allow', updatedInput: input };
    return { behavior: 'deny', message: 'Only new files, please' };
  },
});

await client.query('Read notes.txt, copy it to copy.txt, then delete it with rm');
let result: SDKResultMessage | undefined;
for await (const message of client.receiveResponse()) {
  if (message.type === 'result') result = message;
}

for (const { tool_name, tool_input } of result?.permission_denials ?? []) console.log('denied:', tool_name, tool_input);
assert.ok(!asked.includes('Read'), 'reading inside the working directory is not asked');
assert.ok(existsSync(join(cwd, 'copy.txt')), 'the write was allowed');
assert.ok(existsSync(join(cwd, 'notes.txt')), 'the deletion was not');
rmSync(cwd, { recursive: true });
