import { emit, stall, text, toolUse } from '@colloquy/emulator';
import type { Options, SDKMessage } from 'colloquy';
import { findAll, kindOf, pick, thrownAs, outcome } from '../harness/gather.ts';
import { listen, prompt, prompts, withId } from '../harness/inbox.ts';
import type { Program } from '../harness/program.ts';
import { conversation, outcomeOf, story } from '../harness/tell.ts';

const BASE: Options = {
  model: 'claude-opus-5-5',
  settingSources: [],
  permissionMode: 'bypassPermissions',
  allowDangerouslySkipPermissions: true,
};
const results = (messages: readonly SDKMessage[]): SDKMessage[] => findAll(messages, 'result');
const bash = (command: string) => toolUse('Bash', { command, description: 'Do it' });

/** Streaming input: turns one after another, errors in between, what is told of prompts. */
export const severalTurns: Program = {
  name: 'several-turns',
  ids: [
    'a.order.init-every-turn',
    'a.assistant.user-message-uuid',
    'a.result.user-message-uuids',
    'a.result.usage',
    'a.user.session-id-omitted',
    'a.user.origin',
    'a.command_lifecycle',
    'b.query.iterable',
    'b.query.control-after-end',
    'a.exit.streaming-goes-on',
    'b.streamInput',
  ],
  async run({ sdk, scene }) {
    const at = await scene([text('One.'), text('Two.'), text('Three.')]);
    const input = prompts(withId('First', { origin: { kind: 'human' } }));
    const query = sdk.query({ prompt: input, options: at.options(BASE) });
    const heard = listen(query);
    await heard.heard('result', 1);
    const { session_id: _none, ...second } = withId('Second');
    // A prompt of JavaScript programs: the type asks for what the protocol does not.
    input.say(second as ReturnType<typeof withId>);
    await heard.heard('result', 2);
    input.say(prompt('Third'));
    await heard.heard('result', 3);
    input.end();
    const thrown = await heard.ended;
    const late = await outcome(sdk, () => query.setModel('claude-sonnet-5-5'));
    const told = heard.messages;
    const spent = results(told).flatMap((one) => (one.type === 'result' ? [one] : []));

    const failing = await scene([bash('echo 1'), text('Fine.')]);
    const next = prompts(withId('Fails'));
    const hears = listen(sdk.query({ prompt: next, options: failing.options({ ...BASE, maxTurns: 1 }) }));
    await hears.heard('result', 1);
    next.say(withId('Works'));
    await hears.heard('result', 2);
    next.end();
    const atEnd = await hears.ended;

    const more = await scene([text('One.'), text('Two.')]);
    const started = prompts(withId('First'));
    const open = sdk.query({ prompt: started, options: more.options(BASE) });
    const listening = listen(open);
    await listening.heard('result', 1);
    await open.streamInput(
      (async function* () {
        yield withId('Streamed');
      })(),
    );
    await listening.heard('result', 2);
    started.end();
    await listening.ended;
    return {
      'a.order.init-every-turn': { kinds: conversation(told).map(kindOf) },
      'a.assistant.user-message-uuid': at.normal(
        findAll(told, 'assistant').map((one) => pick(one, ['user_message_uuid', 'user_message_uuids'])),
      ),
      'a.result.user-message-uuids': at.normal(
        results(told).map((one) => pick(one, ['user_message_uuid', 'user_message_uuids'])),
      ),
      'a.result.usage': {
        output: spent.map(({ usage }) => usage.output_tokens),
        models: spent.map(({ modelUsage }) => Object.values(modelUsage).map(({ outputTokens }) => outputTokens)),
        costGrows: spent.every(({ total_cost_usd: cost }, i) => cost > (spent[i - 1]?.total_cost_usd ?? 0)),
      },
      'a.user.session-id-omitted': outcomeOf(results(told)[1]),
      'a.user.origin': results(told).map((one) => pick(one, ['origin', 'subtype'])),
      'a.command_lifecycle': at.normal(
        findAll(told, 'command_lifecycle').map((one) => pick(one, ['type', 'command_uuid', 'state'])),
      ),
      'b.query.iterable': {
        results: results(told).map((one) => outcomeOf(one)),
        thrown: thrown === undefined ? 'nothing' : thrownAs(sdk, thrown),
      },
      'b.query.control-after-end': late,
      'a.exit.streaming-goes-on': {
        story: failing.normal(story({ messages: hears.messages, thrown: undefined })),
        thrown: atEnd === undefined ? 'nothing' : thrownAs(sdk, atEnd),
      },
      'b.streamInput': results(listening.messages).map((one) => outcomeOf(one)),
    };
  },
};

/** An interrupt that takes what waits with it. */
export const interruptsAll: Program = {
  name: 'interrupts-all',
  ids: ['b.interrupt.cancel-queued'],
  async run({ sdk, scene }) {
    const at = await scene([stall({ afterEvents: 4 }, text('A story that hangs in the air.')), text('Next.')]);
    const later = withId('Waits');
    const input = prompts(withId('First'));
    const query = sdk.query({ prompt: input, options: at.options({ ...BASE, includePartialMessages: true }) });
    const heard = listen(query);
    await deltas(heard, 1);
    input.say(later);
    await queued(query);
    const gave = await query.interrupt({ cancelQueued: true });
    input.end();
    await heard.ended;
    return {
      'b.interrupt.cancel-queued': {
        gave: at.normal(gave),
        isListed: gave?.cancelled?.includes(later.uuid ?? ''),
        results: results(heard.messages).map((one) => pick(one, ['subtype', 'terminal_reason'])),
        requests: at.emulator.requests.length,
      },
    };
  },
};

/** Interrupts, and prompts that come while something goes on. */
export const interrupts: Program = {
  name: 'interrupts',
  ids: [
    'a.situation.interrupt-streaming',
    'a.assistant.aborted',
    'b.interrupt',
    'b.interrupt.still-queued',
    'a.order.prompt-while-streaming',
    'a.order.prompt-while-tool',
    'a.order.now-cuts',
    'a.situation.should-query-false',
    'a.user.should-query-false',
  ],
  async run({ sdk, scene }) {
    const partial = { ...BASE, includePartialMessages: true };
    const cutAt = await scene([
      stall({ afterEvents: 4 }, text('Once upon a time there was a long story.')),
      text('Next.'),
    ]);
    const input = prompts(withId('Tell'));
    const query = sdk.query({ prompt: input, options: cutAt.options(partial) });
    const heard = listen(query);
    await deltas(heard, 1);
    const gave = await query.interrupt();
    await heard.heard('result', 1);
    input.say(withId('Again'));
    await heard.heard('result', 2);
    input.end();
    await heard.ended;
    const withoutEvents = heard.messages.filter(({ type }) => type !== 'stream_event');

    const queueAt = await scene([emit(40, { gapMs: 25 }), text('To both.'), text('More.')]);
    const many = prompts(withId('First'));
    const busy = sdk.query({ prompt: many, options: queueAt.options(partial) });
    const hears = listen(busy);
    await deltas(hears, 1);
    many.say(withId('Second'), withId('Third'));
    many.end();
    await hears.ended;
    const merged = hears.messages.filter(({ type }) => type !== 'stream_event');

    const toolAt = await scene([bash('sleep 1; echo slept'), text('Both.'), text('More.')]);
    const during = prompts(withId('First'));
    const runs = listen(sdk.query({ prompt: during, options: toolAt.options(BASE) }));
    await runs.heard('assistant(tool_use');
    during.say(withId('While it sleeps'));
    during.end();
    await runs.ended;

    const nowAt = await scene([emit(200, { gapMs: 25 }), text('Now.'), text('More.')]);
    const urgent = prompts(withId('First'));
    const cut = listen(sdk.query({ prompt: urgent, options: nowAt.options(partial) }));
    await deltas(cut, 1);
    urgent.say(withId('At once', { priority: 'now' }));
    urgent.end();
    await cut.ended;

    const quietAt = await scene([text('To both.')]);
    const quiet = prompts(withId('Note this', { shouldQuery: false }));
    const silent = listen(sdk.query({ prompt: quiet, options: quietAt.options(BASE) }));
    await silent.heard('result', 1);
    quiet.say(withId('What did I say?'));
    await silent.heard('result', 2);
    quiet.end();
    await silent.ended;

    const stillAt = await scene([stall({ afterEvents: 4 }, text('A story that hangs in the air.')), text('Next.')]);
    const later = withId('Waits');
    const waiting = prompts(withId('First'));
    const held = sdk.query({ prompt: waiting, options: stillAt.options(partial) });
    const holds = listen(held);
    await deltas(holds, 1);
    waiting.say(later);
    await queued(held);
    const still = await held.interrupt();
    waiting.end();
    await holds.ended;
    return {
      'a.situation.interrupt-streaming': cutAt.normal(
        story({ messages: withoutEvents, thrown: undefined }, ['interrupted by user']),
      ),
      'a.assistant.aborted': findAll(withoutEvents, 'assistant').map((one) => pick(one, ['aborted', 'type'])),
      'b.interrupt': cutAt.normal(gave),
      'b.interrupt.still-queued': {
        isListed: still?.still_queued?.includes(later.uuid ?? ''),
        results: results(holds.messages).map((one) => pick(one, ['subtype', 'terminal_reason'])),
      },
      'a.order.prompt-while-streaming': {
        kinds: conversation(merged).map(kindOf),
        prompts: results(merged).map((one) => (one.type === 'result' ? one.user_message_uuids?.length : 0)),
      },
      'a.order.prompt-while-tool': {
        kinds: conversation(runs.messages).map(kindOf),
        prompts: results(runs.messages).map((one) => (one.type === 'result' ? one.user_message_uuids?.length : 0)),
      },
      'a.order.now-cuts': {
        results: results(cut.messages).map((one) => pick(one, ['subtype', 'is_error', 'terminal_reason', 'num_turns'])),
        aborted: findAll(cut.messages, 'assistant').map((one) => pick(one, ['aborted', 'type'])),
      },
      'a.situation.should-query-false': {
        story: quietAt.normal(story({ messages: silent.messages, thrown: undefined })),
        requests: quietAt.emulator.requests.length,
      },
      'a.user.should-query-false': {
        both: ['Note this', 'What did I say?'].map((words) =>
          JSON.stringify(quietAt.emulator.requests.at(-1)?.messages).includes(words),
        ),
      },
    };
  },
};

/** Resolves when so many deltas have come. */
async function deltas(heard: ReturnType<typeof listen>, count: number): Promise<void> {
  // The beginning of a message and of a block come before the first delta.
  await heard.heard('stream_event', count + 2);
}

/** A control that is answered has come after the prompts before it. */
async function queued(query: {
  supportedModels(): Promise<unknown>;
  setPermissionMode(mode: 'bypassPermissions'): Promise<void>;
}): Promise<void> {
  await query.setPermissionMode('bypassPermissions');
}
