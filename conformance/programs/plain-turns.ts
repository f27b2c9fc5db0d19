import { text, thinking, toolUse } from '@colloquy/emulator';
import { FIELDS } from '../harness/fields.ts';
import { find, findAll, gather, kindOf, pick } from '../harness/gather.ts';
import type { Program, Stage } from '../harness/program.ts';
import { conversation, story } from '../harness/tell.ts';

const MODEL = 'claude-opus-5-5';
const BLOCK = ['id', 'type', 'role', 'model', 'content', 'stop_reason', 'stop_sequence'];

/** One-off prompts: an answer, a tool, thinking. */
export const plainTurns: Program = {
  name: 'plain-turns',
  ids: [
    'a.order.turn',
    'a.order.blocks-share-id',
    'a.assistant',
    'a.assistant.tool-use',
    'a.assistant.thinking',
    'a.assistant.message-fields',
    'a.assistant.request-id',
    'a.user.tool-result',
    'a.user.tool-use-result',
    'a.user.tool-result-meta',
    'a.result.success',
    'a.result.usage-fields',
    'a.result.model-usage',
    'a.result.num-turns',
    'a.result.timing',
    'a.result.index',
    'a.result.user-message-uuids.unnamed',
    'a.terminal.completed',
    'a.exit.clean',
    'a.system.init',
    'a.system.init.tools',
    'a.system.thinking_tokens',
    'a.stream_event.off',
    'b.query.string',
  ],
  async run(stage: Stage) {
    const { sdk } = stage;
    const calls = [toolUse('Read', { file_path: 'notes.txt' }), text('It says alpha.')] as const;
    const at = await stage.scene([thinking('A file is to be read, so I read it.', calls[0]), calls[1]], {
      files: { 'notes.txt': 'alpha' },
    });
    const options = at.options({
      model: MODEL,
      tools: ['Read', 'Bash'],
      settingSources: [],
      thinking: { type: 'adaptive', display: 'summarized' },
    });
    const gathered = await gather(sdk, sdk.query({ prompt: 'Read notes.txt', options }));
    const { messages, thrown } = gathered;
    const assistants = findAll(messages, 'assistant');
    const [last, result] = [assistants.at(-1), messages.at(-1)];
    const [thought, call, user] = ['assistant(thinking', 'assistant(tool_use', 'user'].map((kind) =>
      find(messages, kind),
    );
    const init = find(messages, 'system/init');
    const blockOf = (message: object | undefined) =>
      pick((message as { message?: object } | undefined)?.message, BLOCK);
    const assistant = FIELDS.assistant.filter((field) => field !== 'message' && field !== 'request_id');
    return {
      'a.order.turn': { kinds: conversation(messages).map(kindOf), thrown },
      'a.order.blocks-share-id': at.normal(assistants.map((one) => pick(blockOf(one), ['id']))),
      'a.assistant': at.normal({ ...pick(last, assistant), message: blockOf(last) }),
      'a.assistant.tool-use': at.normal({ ...pick(call, assistant), message: blockOf(call) }),
      'a.assistant.thinking': withoutSignature(at.normal({ ...pick(thought, assistant), message: blockOf(thought) })),
      'a.assistant.message-fields': Object.keys(last?.type === 'assistant' ? last.message : {}).toSorted(),
      'a.assistant.request-id': at.normal(pick(last, ['request_id'])),
      'a.user.tool-result': at.normal({
        ...pick(
          user,
          FIELDS.user.filter((field) => field !== 'tool_use_result'),
        ),
      }),
      'a.user.tool-use-result': at.normal(pick(user, ['tool_use_result'])),
      'a.user.tool-result-meta': at.normal(pick(user, ['tool_result_meta'])),
      'a.result.success': at.normal(
        pick(
          result,
          FIELDS.result.filter((field) => field !== 'usage' && field !== 'modelUsage'),
        ),
      ),
      'a.result.usage-fields': at.normal(pick(result, ['usage'])),
      'a.result.model-usage': at.normal(pick(result, ['modelUsage'])),
      'a.result.num-turns': pick(result, ['num_turns']),
      'a.result.timing': Object.keys(pick(result, ['duration_ms', 'duration_api_ms', 'ttft_ms'])),
      'a.result.index': pick(result, ['result_index']),
      'a.result.user-message-uuids.unnamed': { isNamed: 'user_message_uuids' in { ...result } },
      'a.terminal.completed': pick(result, ['terminal_reason']),
      'a.exit.clean': { thrown: thrown ?? 'nothing', last: result?.type },
      'a.system.init': at.normal(pick(init, FIELDS.init)),
      'a.system.init.tools': pick(init, ['tools']),
      'a.system.thinking_tokens': Object.keys({ ...find(messages, 'system/thinking_tokens') }).toSorted(),
      'a.stream_event.off': { streamEvents: findAll(messages, 'stream_event').length },
      'b.query.string': at.normal(story(gathered)),
    };
  },
};

/** A signature is about the prompt, which is each engine's own. */
function withoutSignature(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (key, item: unknown) => (key === 'signature' ? '<signature>' : item)));
}
