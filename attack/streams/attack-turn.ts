import { isDeepStrictEqual } from 'node:util';
import { createEmulator, type MessageReply } from '@colloquy/emulator';
import { createSdkMcpServer, tool, type SDKMessage } from 'colloquy';
import { createApiEngine, createMemoryStore, type HostedSession } from 'colloquy/internal';
import { z } from 'zod';
import { BrokenNetwork } from './broken-network.ts';
import type { FakeTime } from './fake-time.ts';
import type { Mutated } from './mutate.ts';
import { calls, goOn, randomReply } from './random-replies.ts';
import { Random } from './random.ts';
import { StreamOracle } from './stream-oracle.ts';

/** What a turn may take in emulated time. */
const MAX_TURN_MS = 2_000;

/** What came of one attack. */
export type Attacked = {
  /** What was answered before it was mutated. */
  kind: string;
  mutated: Mutated | undefined;
  /** What must never be; empty when all is well. */
  findings: string[];
  /** Requests that were refused for what had been damaged unseen, such as thinking, and were made again without it at once. */
  healed: number;
  /** The mutated answer was taken as it was: no request was made again. */
  taken: boolean;
  toolRuns: number;
};

/** Two turns of a session, of which one answer is mutated. All of it follows from the seed. */
export async function attackTurn(seed: number, time: FakeTime): Promise<Attacked> {
  const random = new Random(seed);
  const { kind, reply } = randomReply(random);
  const before: MessageReply[] = random.chance(0.4) ? [calls(random, random.whole(1, 2))] : [];
  const emulator = createEmulator({
    seed,
    script: [...before, reply],
    scenario: { replies: [], otherwise: goOn },
  });
  const oracle = new StreamOracle();
  const network = new BrokenNetwork(emulator.send, { random, target: before.length, oracle });
  const lab = new Lab(oracle);
  const engine = createApiEngine({ store: createMemoryStore(), send: network.send });
  const attacked: Attacked = { kind, mutated: undefined, findings: [], healed: 0, taken: true, toolRuns: 0 };
  try {
    const session = await engine.open({
      model: random.pick(['claude-sonnet-5-5', 'claude-opus-5-5']),
      cwd: '/',
      tools: [],
      mcpServers: { lab: createSdkMcpServer({ name: 'lab', tools: [lab.note] }) },
      permissionMode: 'bypassPermissions',
      allowDangerouslySkipPermissions: true,
      env: {},
    });
    for (const prompt of ['First', 'Second']) {
      const told = (await time.settle(playTurn(session, prompt), MAX_TURN_MS)).value;
      if (prompt === 'First' && told.some((message) => message.type === 'system' && message.subtype === 'api_retry'))
        attacked.taken = false;
      const status = emulator.requests.at(-1)?.status;
      if (status !== 200)
        attacked.findings.push(`${prompt}: the history was refused with ${status}: ${network.lastRefusal}`);
      const result = told.at(-1);
      if (prompt === 'Second' && (result?.type !== 'result' || result.is_error))
        attacked.findings.push(`the turn after it failed: ${JSON.stringify(result).slice(0, 500)}`);
    }
  } catch (error) {
    attacked.findings.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
  } finally {
    await time.settle(engine.close(), MAX_TURN_MS);
  }
  if (time.pending > 0) attacked.findings.push(`${time.pending} timers are left`);
  attacked.findings.push(...lab.findings);
  const healed = emulator.requests.filter(({ status }) => status !== 200).length;
  return { ...attacked, mutated: network.mutated, healed, toolRuns: lab.runs };
}

/** Sends a prompt; gives what is told up to its result. */
async function playTurn(session: HostedSession, prompt: string): Promise<SDKMessage[]> {
  const told: SDKMessage[] = [];
  const messages = session.messages();
  await session.send({ type: 'user', message: { role: 'user', content: prompt }, parent_tool_use_id: null });
  for await (const message of messages) {
    told.push(message);
    if (message.type === 'result') return told;
  }
  throw new Error('The session ended without a result');
}

/** The tool of the session, which knows what it may be run with. */
class Lab {
  readonly findings: string[] = [];
  runs = 0;
  readonly note;

  constructor(oracle: StreamOracle) {
    // It takes anything, so that nothing but Colloquy stands before a run.
    const shape = { value: z.unknown().optional(), more: z.unknown().optional() };
    this.note = tool('note', 'Notes a value.', shape, (args, { toolUseId }) => {
      this.runs += 1;
      if (!oracle.inputsOf(toolUseId).some((input) => isInput(input, args)))
        this.findings.push(`a tool ran with an unfinished input: ${JSON.stringify(args)}`);
      return Promise.resolve({ content: [{ type: 'text', text: 'Noted.' }] });
    });
  }
}

/** The arguments are those of the input; the tool's schema leaves out what it does not know. */
function isInput(input: unknown, args: Record<string, unknown>): boolean {
  if (typeof input !== 'object' || input === null) return false;
  return ['value', 'more'].every((key) => isDeepStrictEqual((input as typeof args)[key], args[key]));
}
