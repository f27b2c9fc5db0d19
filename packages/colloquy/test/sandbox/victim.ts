import { createEmulator, text, toolUse } from '@colloquy/emulator';
import { createApiEngine, createMemoryStore } from 'colloquy/internal';

// A program that runs one command, and is killed by a test while it does: victim.ts FOLDER COMMAND

const [cwd = '.', command = 'true'] = process.argv.slice(2);
const emulator = createEmulator({ script: [toolUse('Bash', { command }), text('Done')] });
const engine = createApiEngine({ store: createMemoryStore(), send: emulator.send });
const session = await engine.open({ cwd, env: { PATH: process.env['PATH'] }, tools: ['Bash'], allowedTools: ['Bash'] });
await session.send({ type: 'user', message: { role: 'user', content: 'Go' }, parent_tool_use_id: null });
for await (const message of session.messages({ after: '0.0.0' })) if (message.type === 'result') break;
