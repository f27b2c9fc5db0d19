import type { SDKResultMessage } from 'colloquy';
import { createApiEngine, type Entry } from 'colloquy/internal';
import { expect, test } from 'vitest';
import { openWorkplace, plainModel, promptOf, recordSession, storeWith } from './recorded-session.ts';

test('a session whose process was killed after any entry goes on: nothing is lost, doubled or refused', async () => {
  const recorded = await recordSession();
  const flaws: string[] = [];
  for (let length = 0; length <= recorded.length; length += 1) {
    const { seq, kind } = recorded[length - 1] ?? { seq: 0, kind: 'nothing' };
    for (const flaw of await flawsAfter(recorded.slice(0, length))) flaws.push(`after ${seq} ${kind}: ${flaw}`);
  }
  expect(flaws).toEqual([]);
}, 60_000);

/** Goes on with the session in another process, as it were, and gives what is wrong then, in words. */
async function flawsAfter(entries: readonly Entry[]): Promise<string[]> {
  const { store, id } = await storeWith(entries);
  const { options, effects } = openWorkplace();
  const emulator = plainModel();
  const engine = createApiEngine({ store, send: emulator.send });
  await using session = await engine.open({ ...options, resume: id });
  const results: SDKResultMessage[] = [];
  const messages = session.messages();
  const { uuid } = await session.send(promptOf('note last'));
  for await (const message of messages) {
    if (message.type === 'result') results.push(message);
    if (message.type === 'result' && message.user_message_uuid === uuid) break;
  }
  const flaws = [...flawsOf(await store.read(id, { after: 0 }))];
  for (const { status, messages: sent } of emulator.requests)
    if (status !== 200) flaws.push(`${status} for ${JSON.stringify(sent.slice(-2))}`);
  const [first, ...others] = results.map((result) => result.terminal_reason);
  // A turn that had taken no prompt asks nobody anything, and ends without a reason.
  const expected = entries.at(-1)?.kind === 'turn_start' ? undefined : (expectedEnd(entries) ?? 'completed');
  if (first !== expected) flaws.push(`the open turn ended with ${first}`);
  if (others.some((reason) => reason !== 'completed')) flaws.push(`later turns ended with ${others.join()}`);
  const started = entries.flatMap((entry) => (entry.kind === 'tool_intent' ? [JSON.stringify(entry.input)] : []));
  for (const word of effects) if (started.includes(JSON.stringify({ word }))) flaws.push(`${word} ran again`);
  if (!effects.includes('last')) flaws.push('the call of the next prompt did not run');
  return flaws;
}

/** How the turn that is open ends, if the log says so already. */
function expectedEnd(entries: readonly Entry[]): string | undefined {
  const open = entries.slice(entries.findLastIndex(({ kind }) => kind === 'turn_start' || kind === 'turn_end'));
  if (open[0]?.kind !== 'turn_start') return undefined;
  if (open.some(({ kind }) => kind === 'interrupt'))
    return open.some(({ kind }) => kind === 'tool_intent') ? 'aborted_tools' : 'aborted_streaming';
  return open.some((entry) => entry.kind === 'model_response' && entry.stopReason === 'refusal')
    ? 'model_error'
    : undefined;
}

function* flawsOf(entries: readonly Entry[]): Iterable<string> {
  const of = <K extends Entry['kind']>(kind: K) =>
    entries.filter((entry): entry is Entry & { kind: K } => entry.kind === kind);
  for (const { seq } of of('prompt'))
    if (of('prompt_taken').filter(({ prompt }) => prompt === seq).length !== 1) yield `prompt ${seq} is not taken once`;
  if (of('turn_start').length !== of('turn_end').length) yield 'a turn is open';
  const discarded = new Set(of('model_error').flatMap(({ discards }) => discards));
  for (const { seq, block } of of('model_block')) {
    const { type, id } = block as { type: string; id?: string };
    if (type !== 'tool_use' || discarded.has(seq)) continue;
    const results = of('tool_result').filter(({ toolUseId }) => toolUseId === id);
    if (results.length !== 1) yield `${id} has ${results.length} results`;
  }
}

test('an answer counts for the input that was shown, and no other: a changed one is asked again', async () => {
  const recorded = await recordSession();
  const answered = recorded.findIndex(({ kind }) => kind === 'permission_answer');
  const { store, id } = await storeWith(recorded.slice(0, answered + 1));
  const { options, effects } = openWorkplace();
  const engine = createApiEngine({ store, send: plainModel().send, askThroughLog: true });
  const asked: unknown[] = [];
  await using session = await engine.open({
    ...options,
    allowedTools: [],
    resume: id,
    hooks: {
      PreToolUse: [
        {
          hooks: [
            async () => ({ hookSpecificOutput: { hookEventName: 'PreToolUse', updatedInput: { word: 'another' } } }),
          ],
        },
      ],
    },
  });
  for await (const batch of session.placed({ door: true, after: '0.0.0' })) {
    const messages = batch.flatMap((placed) => ('message' in placed ? [placed.message] : []));
    for (const message of messages) {
      if (message.type !== 'system' || message.subtype !== 'permission_request') continue;
      asked.push(message.input);
      if (asked.length === 2)
        await session.control('answer', {
          request: message.request,
          decision: { behavior: 'deny', message: 'Not that.' },
        });
    }
    if (messages.some(({ type }) => type === 'result')) break;
  }
  expect(asked).toEqual([{ word: 'one' }, { word: 'another' }]);
  expect(effects).toEqual([]);
});
