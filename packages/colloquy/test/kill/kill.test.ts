import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createEmulator } from '@colloquy/emulator';
import { createSdkMcpServer, type SDKMessage, tool } from 'colloquy';
import { createApiEngine, type Entry, openSqliteStore } from 'colloquy/internal';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { temporaryFolder } from '../temporary-folder.ts';

const VICTIM = join(import.meta.dirname, 'victim.ts');
const COMPILE_CACHE = temporaryFolder('kill-cache');
const SESSION = '3a8ae0bc-0000-4000-8000-000000000001';
/** Moments that a whole run of the victim passes; see `step()` there. */
const STEPS = 96;
const POINTS = 30;

/** Points spread over the whole run, a little off their even places, the same every time. */
const points = Array.from(
  { length: POINTS },
  (_, index) => 1 + Math.floor((index * STEPS) / POINTS) + ((index * 7) % 3),
);

describe('a process that is killed in the middle of its turns', () => {
  test.concurrent.each(points)('loses no prompt and repeats no effect: step %i', { timeout: 60_000 }, async (point) => {
    const folder = temporaryFolder('kill');
    const place = { store: join(folder, 'colloquy.db'), effects: join(folder, 'effects') };
    const accepted = await runVictim(place, point);
    expect(lossesOf(accepted, await goOn(place))).toEqual([]);
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
      env: { ...process.env, NODE_COMPILE_CACHE: COMPILE_CACHE },
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
    // Killed before the session was made, there is none to go on with.
    ...((await store.sessions.get(SESSION)) === undefined ? { sessionId: SESSION } : { resume: SESSION }),
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

/** What was lost, doubled or left open, in words. */
function lossesOf(accepted: readonly string[], { entries, effects, answer }: After): string[] {
  const of = <K extends Entry['kind']>(kind: K) =>
    entries.filter((entry): entry is Entry & { kind: K } => entry.kind === kind);
  const losses: string[] = [];
  const check = (holds: boolean, loss: string): void => void (holds || losses.push(loss));
  for (const uuid of accepted)
    check(of('prompt').filter((prompt) => prompt.uuid === uuid).length === 1, `prompt ${uuid}`);
  for (const { seq } of of('prompt'))
    check(of('prompt_taken').filter(({ prompt }) => prompt === seq).length === 1, `taking of prompt ${seq}`);
  check(of('turn_end').length === of('prompt').length, 'the end of a turn');
  check(new Set(effects).size === effects.length, `an effect was repeated: ${effects.join()}`);
  // Every call has one result; one that left no trace is told as of unknown outcome, and so may be one that left it.
  for (const { toolUseId, input } of of('tool_intent')) {
    const [result, ...more] = of('tool_result').filter((found) => found.toolUseId === toolUseId);
    check(result !== undefined && more.length === 0, `the result of ${toolUseId}`);
    const { line } = input as { line: string };
    check(effects.includes(line) || result?.outcome === 'unknown', `the effect ${line}`);
  }
  check(
    of('tool_result').filter(({ outcome }) => outcome === 'unknown').length <= 1,
    'more than one outcome is unknown',
  );
  check(effects.includes('d1'), 'the effect of the prompt after the restart');
  check(answer?.type === 'result' && answer.subtype === 'success' && !answer.is_error, 'the answer after the restart');
  return losses;
}
