// Commands run in a sandbox where one works: they see the working folder, and nothing of the person's own.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text, toolUse } from '@colloquy/emulator';
import { query } from 'colloquy';
import { fromArgs } from './from-args.ts';

const folder = mkdtempSync(join(tmpdir(), 'colloquy-sandbox-'));
const other = mkdtempSync(join(tmpdir(), 'colloquy-elsewhere-'));
writeFileSync(join(other, 'plan.txt'), 'a plan\n');

const script = [
  toolUse('Bash', { command: `echo done > report.txt; cat ${other}/plan.txt` }),
  text('I could not see it.'),
];
const results: string[] = [];
const turn = query({
  prompt: `Write report.txt, and read ${other}/plan.txt with cat`,
  options: {
    ...(await fromArgs(script)),
    cwd: folder,
    tools: ['Bash'],
    // Required, if there is one; `true` alone would run no command without.
    sandbox: { enabled: true, failIfUnavailable: false },
  },
});
try {
  for await (const message of turn) {
    if (message.type !== 'user' || typeof message.message.content === 'string') continue;
    for (const block of message.message.content) {
      if (block.type === 'tool_result') results.push(JSON.stringify(block.content));
    }
  }
} finally {
  rmSync(folder, { recursive: true });
  rmSync(other, { recursive: true });
}

console.log(results.join('\n'));
// In a sandbox the plan is hidden; without one nobody has allowed the command, and it did not run.
assert.ok(results.length > 0 && results.every((result) => !result.includes('a plan')));
