import { createEmulator } from '@colloquy/emulator';
import { createSdkMcpServer, tool } from 'colloquy';
import { createApiEngine, createMemoryStore } from 'colloquy/internal';
import { expect, test } from 'vitest';

/** Numbers from 0 to below `bound`, the same for the same seed. */
function numbers(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
}

const PROMPTS = [
  '@emit 20',
  '@think hm\n@say so',
  '@tool mcp__s__t {}\n@tool mcp__s__t {}',
  '@calls 3 mcp__s__t {}',
  '@refuse',
  '@max_tokens',
  '@tool no_such_tool {}',
];

test.each([1, 2, 3])(
  'interrupted at any message of any turn, every prompt has one result and the session goes on (seed %i)',
  async (seed) => {
    const pick = numbers(seed);
    const emulator = createEmulator();
    const server = createSdkMcpServer({ name: 's', tools: [tool('t', 'A tool.', {}, async () => ({ content: [] }))] });
    const engine = createApiEngine({ store: createMemoryStore(), send: emulator.send });
    const session = await engine.open({ tools: [], mcpServers: { s: server }, allowedTools: ['mcp__s'], env: {} });
    const messages = session.messages({ partial: true })[Symbol.asyncIterator]();
    const send = async (content: string): Promise<string> => {
      const priority = pick(5) === 0 ? ('next' as const) : undefined;
      const message = { type: 'user' as const, message: { role: 'user' as const, content }, parent_tool_use_id: null };
      return (await session.send({ ...message, priority })).uuid;
    };
    const open = new Set<string>();
    let interrupted = 0;
    for (let round = 0; round < 40; round += 1) {
      for (let count = 0; count <= pick(3); count += 1) open.add(await send(PROMPTS[pick(PROMPTS.length)] ?? ''));
      for (let told = 0, at = 1 + pick(30); open.size > 0; told += 1) {
        if (told % at === at - 1) await session.control('interrupt', {});
        const next = await messages.next();
        if (next.done === true) throw new Error('The session ended');
        if (next.value.type !== 'result') continue;
        if (next.value.terminal_reason?.startsWith('aborted') === true) interrupted += 1;
        for (const uuid of next.value.user_message_uuids ?? []) expect(open.delete(uuid)).toBe(true);
      }
    }
    expect(interrupted).toBeGreaterThan(10);
    await send('@say final');
    for (let next = await messages.next(); next.done !== true; next = await messages.next()) {
      if (next.value.type === 'result') {
        expect(next.value).toMatchObject({ subtype: 'success', result: 'final' });
        break;
      }
    }
    await engine.close();
  },
);
