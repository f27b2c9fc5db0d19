// Prints what requests hold besides what is asked, and whether each begins as the one before it, byte for byte.
import { ClaudeSDKClient, createSdkMcpServer, type Options, tool } from 'colloquy';
import { createEmulator } from '@colloquy/emulator';
import { KEY, MODEL } from '../contestants/contestant.ts';

const MARKER = /,?"cache_control":\{[^{}]*\}/g;
const PROMPTS = ['@emit 3', '@calls 18 mcp__b__note {}', '@tool mcp__b__note {}\n@tool mcp__b__note {}', '@emit 3'];
const TURNS = 12;

const found = [await look({ tools: [] }), await look({})];
console.log(
  JSON.stringify({
    beyond: Math.max(...found.map(({ beyond }) => beyond)),
    requests: found.reduce((sum, { requests }) => sum + requests, 0),
    changed: found.reduce((sum, { changed }) => sum + changed, 0),
  }),
);
process.exit(0);

/** A conversation with calls, one after another and at once. */
async function look(more: Options): Promise<{ beyond: number; requests: number; changed: number }> {
  const emulator = createEmulator();
  const bodies: string[] = [];
  const note = tool('note', 'Takes a note.', {}, async () => ({ content: [{ type: 'text', text: 'Noted.' }] }));
  await using client = new ClaudeSDKClient({
    model: MODEL,
    persistSession: false,
    env: { ANTHROPIC_API_KEY: KEY },
    mcpServers: { b: createSdkMcpServer({ name: 'b', tools: [note] }) },
    allowedTools: ['mcp__b'],
    send: (request) => {
      bodies.push(typeof request.body === 'string' ? request.body : new TextDecoder().decode(request.body));
      return emulator.send(request);
    },
    ...more,
  });
  for (let turn = 0; turn < TURNS; turn += 1) {
    await client.query(PROMPTS[turn % PROMPTS.length] ?? '');
    for await (const message of client.receiveResponse())
      if (message.type === 'result' && message.subtype !== 'success') throw new Error(message.errors.join());
  }
  const bare = bodies.map((body) => body.replaceAll(MARKER, ''));
  const changed = bare.filter((body, index) => index > 0 && !body.startsWith((bare[index - 1] ?? '').slice(0, -2)));
  return { beyond: Math.max(...bodies.map(bytesBeyond)), requests: bodies.length, changed: changed.length };
}

/** Bytes besides messages, system prompt and tools without cache markers, and the fields that every request must have. */
function bytesBeyond(body: string): number {
  const { model, max_tokens, stream, messages, system, tools } = JSON.parse(body.replaceAll(MARKER, '')) as Record<
    string,
    unknown
  >;
  const asked = JSON.stringify({ model, max_tokens, stream, system, tools, messages });
  return Buffer.byteLength(body) - Buffer.byteLength(asked);
}
