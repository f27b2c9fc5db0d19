import { cut, maxTokens, refusal, text, thinking, together, toolUse, toolUses } from '@colloquy/emulator';
import { createSdkMcpServer, type Options, type SDKMessage, tool } from 'colloquy';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { newestBlocks, openScene, resultOf, sentMessages } from './scene.ts';

const ran: string[] = [];
const note = tool('note', 'Notes a word.', { word: z.string() }, async ({ word }) => {
  ran.push(word);
  return { content: [{ type: 'text', text: `noted ${word}` }] };
});

function withNotes(options: Options = {}): Options {
  ran.length = 0;
  return { mcpServers: { n: createSdkMcpServer({ name: 'n', tools: [note] }) }, allowedTools: ['mcp__n'], ...options };
}

const assistantTexts = (messages: readonly SDKMessage[]): string[] =>
  messages.flatMap((message) =>
    message.type === 'assistant' ? message.message.content.map((block) => block.type) : [],
  );

describe('how an answer ends', () => {
  test('at the token limit, the model is asked to go on', async () => {
    await using scene = await openScene([maxTokens('One two three four.'), text(' The rest.')]);
    const told = await scene.turn('Count');
    expect(scene.emulator.requests).toHaveLength(2);
    expect(sentMessages(scene.emulator, 1).map(({ role }) => role)).toEqual(['user', 'assistant', 'user']);
    expect(resultOf(told)).toMatchObject({ subtype: 'success', result: ' The rest.' });
  });

  test('a model that never gets to an end is not asked for ever', async () => {
    await using scene = await openScene(Array.from({ length: 9 }, () => maxTokens('More and more.')));
    const told = await scene.turn('Go on');
    expect(scene.emulator.requests).toHaveLength(4);
    expect(resultOf(told)).toMatchObject({ subtype: 'success', stop_reason: 'max_tokens' });
  });

  test('a call that is cut at the token limit does not run', async () => {
    await using scene = await openScene(
      [maxTokens(together(text('Noting.'), toolUse('mcp__n__note', { word: 'half' }))), text('Well.')],
      withNotes(),
    );
    const told = await scene.turn('Note');
    expect(ran).toEqual([]);
    expect(resultOf(told)).toMatchObject({ subtype: 'success', result: 'Well.' });
  });

  test.each(['max_tokens', 'refusal'] as const)(
    'what becomes of a whole call that %s makes half an answer is told behind that answer',
    async (stopReason) => {
      const answer = { ...toolUse('mcp__n__note', { word: 'half' }), stopReason };
      await using scene = await openScene([answer, text('Well.')], { ...withNotes(), includePartialMessages: true });
      const told = await scene.turn('Note', { partial: true });
      expect(ran).toEqual([]);
      const order = told.flatMap((message) => {
        if (message.type === 'assistant' || message.type === 'user') return [message.type];
        return message.type === 'stream_event' && message.event.type !== 'content_block_delta'
          ? [message.event.type]
          : [];
      });
      expect(order.filter((type) => type !== 'ping').slice(0, 7)).toEqual([
        'message_start',
        'content_block_start',
        'assistant',
        'content_block_stop',
        'message_delta',
        'message_stop',
        'user',
      ]);
    },
  );

  test('a refusal is an error result, and the refused turn is not sent again', async () => {
    await using scene = await openScene([text('Hello.'), refusal(), text('Sure.')]);
    await scene.turn('Hi');
    expect(resultOf(await scene.turn('Something bad'))).toMatchObject({
      is_error: true,
      stop_reason: 'refusal',
      terminal_reason: 'model_error',
    });
    await scene.turn('Something good');
    expect(sentMessages(scene.emulator, 2).map(({ content }) => content)).toEqual([
      [{ type: 'text', text: 'Hi' }],
      [{ type: 'text', text: 'Hello.' }],
      [{ type: 'text', text: 'Something good' }],
    ]);
  });

  test('an answer that is cut and tried again runs its call once, and says what it replaces', async () => {
    const answer = together(text('I note it.'), toolUse('mcp__n__note', { word: 'x' }));
    await using scene = await openScene(
      [cut({ afterEvents: 9 }, answer), answer, text('Done.')],
      withNotes({ maxRetries: 2 }),
    );
    const told = await scene.turn('Note x');
    expect(ran).toEqual(['x']);
    const [first, second] = told.filter((message) => message.type === 'assistant');
    expect(second).toMatchObject({ supersedes: [first?.uuid] });
    expect(told).toContainEqual(expect.objectContaining({ subtype: 'api_retry', attempt: 1, error_status: null }));
  });
});

describe('an answer that broke off', () => {
  test('has its cost, although it is tried again', async () => {
    await using scene = await openScene([text('One.'), cut({ afterEvents: 99 }, text('Two.')), text('Two.')]);
    const once = resultOf(await scene.turn('Say one'));
    const twice = resultOf(await scene.turn('Say two'));
    if (once?.type !== 'result' || twice?.type !== 'result') throw new Error('a turn ends with a result');
    const { requests } = scene.emulator;
    expect(requests).toHaveLength(3);
    expect(twice.usage.input_tokens).toBeGreaterThan(2 * once.usage.input_tokens);
    const [total] = Object.values(twice.modelUsage);
    expect(total?.inputTokens).toBe(once.usage.input_tokens + twice.usage.input_tokens);
    expect(twice.total_cost_usd).toBeCloseTo(total?.costUSD ?? 0);
  });

  test('has its output counted by what came of it', async () => {
    const words = 'word '.repeat(400);
    await using scene = await openScene([cut({ afterEvents: 99 }, text([words])), text('Again.')]);
    const told = resultOf(await scene.turn('Say much'));
    expect(told?.type === 'result' && told.usage.output_tokens).toBeGreaterThan(400);
  });
});

describe('thinking', () => {
  test('goes back with the results of the calls it led to, as it came', async () => {
    // The emulator checks the signature against everything before it.
    await using scene = await openScene(
      [
        thinking('Let me note.', toolUse('mcp__n__note', { word: 'a' })),
        thinking('Again.', toolUse('mcp__n__note', { word: 'b' })),
        text('Done.'),
      ],
      withNotes(),
    );
    const told = await scene.turn('Note a and b');
    expect(resultOf(told)).toMatchObject({ subtype: 'success', num_turns: 3 });
    expect(assistantTexts(told)).toEqual(['thinking', 'tool_use', 'thinking', 'tool_use', 'text']);
    expect(JSON.stringify(sentMessages(scene.emulator, 2))).toContain('"type":"thinking"');
  });

  test('is dropped when the model changes', async () => {
    await using scene = await openScene([thinking('Hm.', text('One.')), text('Two.')]);
    await scene.turn('First');
    await scene.control('setModel', { model: 'sonnet' });
    await scene.turn('Second');
    expect(JSON.stringify(sentMessages(scene.emulator, 1))).not.toContain('"type":"thinking"');
  });
});

describe('calls', () => {
  test('of one answer run in order, and all results go back in one message', async () => {
    const calls = ['a', 'b', 'c'].map((word) => ({ name: 'mcp__n__note', input: { word } }));
    await using scene = await openScene([toolUses(calls), text('Done.')], withNotes());
    const told = await scene.turn('Note');
    expect(ran).toEqual(['a', 'b', 'c']);
    expect(newestBlocks(scene.emulator, 1).map(({ type }) => type)).toEqual([
      'tool_result',
      'tool_result',
      'tool_result',
    ]);
    expect(told.filter((message) => message.type === 'user')).toHaveLength(3);
  });

  test('of a tool that does not exist, or with an input that does not fit, are told to the model', async () => {
    await using scene = await openScene(
      [toolUses([{ name: 'Nope' }, { name: 'mcp__n__note', input: { word: 7 } }]), text('Sorry.')],
      withNotes(),
    );
    const told = await scene.turn('Try');
    expect(newestBlocks(scene.emulator, 1)).toMatchObject([
      { is_error: true, content: expect.stringContaining('There is no tool named Nope') },
      { is_error: true, content: expect.stringContaining('word') },
    ]);
    expect(resultOf(told)).toMatchObject({ subtype: 'success', result: 'Sorry.' });
  });

  test('inputs that are not an object are an error of the answer, and never run', async () => {
    await using scene = await openScene(
      [toolUse('mcp__n__note', '["a"]'), text('Better.')],
      withNotes({ maxRetries: 1 }),
    );
    const told = await scene.turn('Try');
    expect(ran).toEqual([]);
    expect(resultOf(told)).toMatchObject({ result: 'Better.' });
  });
});

describe('limits', () => {
  test('maxTurns ends the turn after so many requests, and counts anew for the next', async () => {
    const again = toolUse('mcp__n__note', { word: 'x' });
    await using scene = await openScene([again, again, text('Fresh.')], withNotes({ maxTurns: 2 }));
    expect(resultOf(await scene.turn('Loop'))).toMatchObject({
      subtype: 'error_max_turns',
      is_error: true,
      num_turns: 3,
      terminal_reason: 'max_turns',
    });
    expect(resultOf(await scene.turn('Next'))).toMatchObject({ subtype: 'success', result: 'Fresh.' });
  });

  test('maxBudgetUsd lowers the longest answer to what is left, and stops before it would be passed', async () => {
    await using scene = await openScene([text('One.'), text('Two.')], { maxBudgetUsd: 0.05 });
    await scene.turn('First');
    const messages = scene.emulator.requests.filter(({ path }) => path.endsWith('/messages'));
    expect(messages[0]?.body?.max_tokens).toBeLessThan(2_600);
    await using poor = await openScene([text('Never.')], { maxBudgetUsd: 0.001 });
    const told = await poor.turn('First');
    expect(resultOf(told)).toMatchObject({
      subtype: 'error_max_budget_usd',
      terminal_reason: 'budget_exhausted',
      total_cost_usd: 0,
    });
    expect(poor.emulator.requests.some(({ path }) => path.endsWith('/messages'))).toBe(false);
  });

  test('a model without a known price cannot be budgeted', async () => {
    await expect(openScene([], { maxBudgetUsd: 1, model: 'claude-unknown-9' })).rejects.toThrow(/price/);
  });
});
