// script/run node conformance/record-betas.ts: the betas that the pinned Claude Code names in its requests, one a line, after
// a `+` where the emulator's list (packages/emulator/src/models/betas.ts) lacks it. It needs `script/conformance --setup`.
import { createEmulator, text } from '@colloquy/emulator';
import { BETAS } from '../packages/emulator/src/models/betas.ts';
import { findClaudeCode, startClaudeCode } from './claude-code.ts';

type Way = { args?: readonly string[]; env?: Readonly<Record<string, string>>; prompts?: readonly string[] };

/** Ways of asking that bring betas of their own. */
const WAYS: readonly Way[] = [
  { prompts: ['Hello', '/context', '/compact', 'Hello again'] },
  { args: ['--model', 'claude-sonnet-5-5'] },
  { args: ['--model', 'claude-haiku-5-5'] },
  { args: ['--model', 'claude-fable-5-2'] },
  { args: ['--model', 'claude-opus-4-5'] },
  { args: ['--model', 'claude-haiku-4-5'] },
  { args: ['--model', 'claude-sonnet-4-5[1m]'] },
  { args: ['--task-budget', '50000'] },
  { args: ['--json-schema', '{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]}'] },
  { env: { ENABLE_PROMPT_CACHING_1H: '1' } },
  // As somebody with a subscription asks.
  { env: { ANTHROPIC_API_KEY: '', CLAUDE_CODE_OAUTH_TOKEN: 'made-up' } },
];

/** Adds what it names when it is asked one way. A refused beta hides what would come after, so it is then asked again. */
async function record(
  program: string,
  { args = [], env = {}, prompts = ['Hello'] }: Way,
  named: Set<string>,
): Promise<void> {
  let before: number;
  do {
    before = named.size;
    const emulator = createEmulator({ betas: [...named], script: [text('Hello.')] });
    await using at = await emulator.listen();
    await using claude = await startClaudeCode({ program, baseUrl: at.url, args, env });
    for (const prompt of prompts) await claude.ask(prompt);
    for (const { headers } of emulator.requests)
      for (const beta of (headers['anthropic-beta'] ?? '').split(',')) named.add(beta.trim());
  } while (named.size > before);
}

const { program, version } = findClaudeCode();
if (program === undefined) {
  console.error(`@anthropic-ai/claude-agent-sdk ${version} is not there: run script/conformance --setup`);
  process.exit(1);
}
const named = new Set<string>();
for (const way of WAYS) await record(program, way, named);
named.delete('');
for (const beta of [...named].toSorted()) console.log(BETAS.has(beta) ? beta : `+ ${beta}`);
