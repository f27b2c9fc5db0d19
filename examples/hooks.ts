// Looks at every call before it runs, and at every file after it was written: a callback, and a command of the shell.
//   node --conditions=colloquy-source examples/hooks.ts --offline
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text, toolUses } from '@colloquy/emulator';
import { type HookCallback, query } from 'colloquy';
import { fromArgs } from './from-args.ts';

const cwd = mkdtempSync(join(tmpdir(), 'colloquy-hooks-example-'));
const options = await fromArgs([
  toolUses([
    { name: 'Write', input: { file_path: join(cwd, 'notes.txt'), content: 'Buy milk\n' } },
    { name: 'Write', input: { file_path: join(cwd, 'secrets.txt'), content: 'hunter2\n' } },
  ]),
  text('I wrote the notes; the secrets I may not write.'),
]);

const noSecrets: HookCallback = async (input) => {
  if (input.hook_event_name !== 'PreToolUse' || !JSON.stringify(input.tool_input).includes('secret')) return {};
  const permissionDecisionReason = 'Nothing about secrets is written down.';
  return { hookSpecificOutput: { hookEventName: 'PreToolUse', permissionDecision: 'deny', permissionDecisionReason } };
};

const messages = query({
  prompt: 'Write notes.txt and secrets.txt',
  options: {
    ...options,
    cwd,
    permissionMode: 'acceptEdits',
    hooks: { PreToolUse: [{ matcher: 'Write|Edit', hooks: [noSecrets] }] },
    settings: {
      hooks: { PostToolUse: [{ matcher: 'Write', hooks: [{ type: 'command', command: 'echo written >> journal' }] }] },
    },
  },
});
for await (const message of messages) {
  if (message.type === 'result' && message.subtype === 'success') console.log(message.result);
}

assert.ok(existsSync(join(cwd, 'notes.txt')), 'the notes were written');
assert.ok(!existsSync(join(cwd, 'secrets.txt')), 'the secrets were not');
assert.equal(readFileSync(join(cwd, 'journal'), 'utf8'), 'written\n', 'the command ran once');
rmSync(cwd, { recursive: true });
