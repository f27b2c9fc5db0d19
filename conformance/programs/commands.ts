import { text, toolUse } from '@colloquy/emulator';
import type { Options, SDKMessage } from 'colloquy';
import { find, findAll, gather, kindOf, pick } from '../harness/gather.ts';
import { listen, prompts, withId } from '../harness/inbox.ts';
import type { Program } from '../harness/program.ts';
import { outcomeOf, story } from '../harness/tell.ts';

const BASE: Options = { model: 'claude-opus-5-5', settingSources: [] };

/** Commands of Claude Code in prompts, and prompts that are told back. */
export const commands: Program = {
  name: 'commands',
  ids: [
    'a.situation.compact',
    'a.system.compact_boundary',
    'a.situation.compact-nothing',
    'a.situation.clear',
    'a.user.replay',
    'a.user.client-composed',
  ],
  async run({ sdk, scene }) {
    const at = await scene([text('Hello.'), text('A summary of it.'), text('Still here.')]);
    const input = prompts(withId('Hello'));
    const heard = listen(sdk.query({ prompt: input, options: at.options(BASE) }));
    await heard.heard('result', 1);
    const before = heard.messages.length;
    input.say(withId('/compact'));
    await heard.heard('result', 2);
    const compacted = heard.messages.slice(before);
    input.say(withId('/clear'));
    await heard.heard('result', 3);
    const cleared = heard.messages.slice(before + compacted.length);
    input.end();
    await heard.ended;
    const boundary = find(compacted, 'system/compact_boundary');

    const empty = await scene([text('Nothing.')]);
    const nothing = await gather(sdk, sdk.query({ prompt: '/compact', options: empty.options(BASE) }));

    const replayed = await scene([text('Hello.')]);
    const flags = { ...BASE, extraArgs: { 'replay-user-messages': null } };
    const again = prompts(withId('Hello'));
    const replay = listen(sdk.query({ prompt: again, options: replayed.options(flags) }));
    await replay.heard('result', 1);
    again.end();
    await replay.ended;

    const literal = await scene([text('Literally.')], { files: { 'a.txt': 'alpha' } });
    const composed = prompts(withId('Look at @a.txt', { client_composed: true }));
    const taken = listen(sdk.query({ prompt: composed, options: literal.options(BASE) }));
    await taken.heard('result', 1);
    composed.end();
    await taken.ended;
    const sessions = (messages: readonly SDKMessage[]) => new Set(messages.map(({ session_id: id }) => id)).size;
    return {
      'a.situation.compact': { kinds: compacted.map(kindOf), result: outcomeOf(compacted.at(-1)) },
      'a.system.compact_boundary': Object.keys({ ...boundary }).toSorted(),
      'a.situation.compact-nothing': empty.normal(story(nothing)),
      'a.situation.clear': {
        kinds: cleared.map(kindOf),
        result: outcomeOf(find(cleared, 'result')),
        sessions: sessions(cleared),
      },
      'a.user.replay': replayed.normal(
        findAll(replay.messages, 'user').map((one) => pick(one, ['type', 'message', 'isReplay', 'uuid', 'session_id'])),
      ),
      'a.user.client-composed': { expanded: JSON.stringify(literal.emulator.requests[0]?.messages).includes('alpha') },
    };
  },
};

/** In which order a program hears of things. */
export const orders: Program = {
  name: 'orders',
  ids: ['f.order.permission-after-assistant', 'f.order.interrupt-response-first', 'f.order.mode-response-first'],
  columns: ['official', 'cli'],
  async run({ sdk, scene }) {
    const log: string[] = [];
    const at = await scene([
      toolUse('Bash', { command: 'touch a', description: 'Do it' }),
      text('Done.'),
      toolUse('Bash', { command: 'sleep 20', description: 'Do it' }),
    ]);
    const input = prompts(withId('Go'));
    const options = at.options({
      ...BASE,
      canUseTool: async (_name, given) => {
        log.push('asked');
        return { behavior: 'allow', updatedInput: given };
      },
    });
    const query = sdk.query({ prompt: input, options });
    const heard = listen(query);
    await heard.heard('result', 1);
    const called = heard.messages.findIndex((one) => kindOf(one) === 'assistant(tool_use)');
    const result = heard.messages.findIndex((one) => kindOf(one) === 'user(tool_result)');
    await query.setPermissionMode('acceptEdits');
    const status = await heard.heard('system/status');
    input.say(withId('Again'));
    await heard.heard('assistant(tool_use', 2);
    await query.interrupt();
    const endedBefore = findAll(heard.messages, 'result').length;
    await heard.heard('result', 2);
    input.end();
    await heard.ended;
    return {
      'f.order.permission-after-assistant': { asked: log.length > 0, calledBeforeResult: called < result },
      'f.order.interrupt-response-first': { resultsBefore: endedBefore },
      'f.order.mode-response-first': { mode: pick(status, ['permissionMode']) },
    };
  },
};
