import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createEmulator } from '@colloquy/emulator';
import { createSdkMcpServer, type SDKMessage, tool } from 'colloquy';
import { createApiEngine, type Entry, openSqliteStore } from 'colloquy/internal';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

const VICTIM = join(import.meta.dirname, 'victim.ts');
const SESSION = '3a8ae0bc-0000-4000-8000-000000000001';
/** Moments that a whole run of the victim passes; see `step()` there. */
const STEPS = 108;
const POINTS = 30;

/** Points spread over the whole run, a little off their even places, the same every time. */
const points = Array.from(
  { length: POINTS },
  (_, index) => 1 + Math.floor((index * STEPS) / POINTS) + ((index * 7) % 3),
);

describe('a process that is killed in the middle of its turns', () => {
  test.concurrent.each(points)('loses no prompt and repeats no effect: step %i', { timeout: 20_000 }, async (point) => {
    const folder = mkdtempSync(join(tmpdir(), 'colloquy-kill-'));
    try {
      const place = { store: join(folder, 'colloquy.db'), effects: join(folder, 'effects') };
      const accepted = await runVictim(place, point);
      if (accepted.length === 0) return;
      const after = await goOn(place);
      expectNothingLost(accepted, after);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

type Place = { store: string; effects: string };
type After = { entries: readonly Entry[]; effects: string[]; answer: SDKMessage | undefined };

/** Runs the victim until it kills itself; gives the prompts that it was promised. */
async function runVictim({ store, effects }: Place, killAt: number): Promise<string[]> {
  const child = spawn(
    process.execPath,
    ['--conditions=colloquy-source', VICTIM, store, effects, SESSION, String(killAt)],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const accepted: string[] = [];
  const ended = once(child, 'close');
  for await (const line of createInterface({ input: child.stdout })) {
    const said = JSON.parse(line) as { accepted?: string };
    if (said.accepted !== undefined) accepted.push(said.accepted);
  }
  expect(await ended).toEqual([null, 'SIGKILL']);
  return accepted;
}

/** A new process's part: resumes the session, sends one more prompt, and waits for its result. */
async function goOn({ store: path, effects }: Place): Promise<After> {
  const { appendFileSync } = await import('node:fs');
  const append = tool('append', 'Appends a line.', { line: z.string() }, async ({ line }) => {
    appendFileSync(effects, `${line}\n`);
    return { content: [{ type: 'text', text: 'ok' }] };
  });
  await using store = await openSqliteStore({ path });
  const engine = createApiEngine({ store, send: createEmulator({ seed: 2 }).send });
  await using session = await engine.open({
    resume: SESSION,
    tools: [],
    allowedTools: ['mcp__effects'],
    mcpServers: { effects: createSdkMcpServer({ name: 'effects', tools: [append] }) },
  });
  const messages = session.messages();
  const { uuid } = await session.send({
    type: 'user',
    message: { role: 'user', content: '@tool mcp__effects__append {"line":"d1"}' },
    parent_tool_use_id: null,
  });
  let answer: SDKMessage | undefined;
  for await (const message of messages) {
    if (message.type !== 'result' || message.user_message_uuid !== uuid) continue;
    answer = message;
    break;
  }
  const entries = await store.read(SESSION, { after: 0 });
  return { entries, answer, effects: existsSync(effects) ? readFileSync(effects, 'utf8').trim().split('\n') : [] };
}

function expectNothingLost(accepted: readonly string[], { entries, effects, answer }: After): void {
  const of = <K extends Entry['kind']>(kind: K) =>
    entries.filter((entry): entry is Entry & { kind: K } => entry.kind === kind);
  for (const uuid of accepted) expect(of('prompt').filter((prompt) => prompt.uuid === uuid)).toHaveLength(1);
  expect(of('prompt_taken').map(({ prompt }) => prompt)).toEqual(of('prompt').map(({ seq }) => seq));
  expect(of('turn_end')).toHaveLength(of('prompt').length);
  expect(new Set(effects).size).toBe(effects.length);
  // Every call has one result; one that left no trace is told as of unknown outcome, and so may be one that left it.
  for (const { toolUseId, input } of of('tool_intent')) {
    const results = of('tool_result').filter((result) => result.toolUseId === toolUseId);
    expect(results).toHaveLength(1);
    const { line } = input as { line: string };
    if (!effects.includes(line)) expect(results[0]?.outcome).toBe('unknown');
  }
  expect(of('tool_result').filter(({ outcome }) => outcome === 'unknown').length).toBeLessThanOrEqual(1);
  expect(effects).toContain('d1');
  expect(answer).toMatchObject({ type: 'result', subtype: 'success', is_error: false });
}
