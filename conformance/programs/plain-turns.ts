import { text, thinking, toolUse } from '@colloquy/emulator';
import { find, findAll, gather, kinds, pick } from '../harness/gather.ts';
import type { Program, Stage } from '../harness/program.ts';
import { FIELDS } from '../harness/fields.ts';

/** One-off prompts: an answer, a tool, thinking. */
export const plainTurns: Program = {
  name: 'plain-turns',
  ids: [
    'a.order.turn',
    'a.assistant',
    'a.assistant.tool-use',
    'a.assistant.thinking',
    'a.user.tool-result',
    'a.result.success',
    'a.system.init',
  ],
  async run(stage: Stage) {
    const { sdk } = stage;
    const at = await stage.scene(
      [thinking('A file is to be read.', toolUse('Read', { file_path: 'notes.txt' })), text('It says alpha.')],
      { files: { 'notes.txt': 'alpha\n' } },
    );
    const options = at.options({ model: 'claude-opus-5-5', tools: ['Read', 'Bash'], settingSources: [] });
    const { messages, thrown } = await gather(sdk, sdk.query({ prompt: 'Read notes.txt', options }));
    const assistants = findAll(messages, 'assistant');
    return {
      'a.order.turn': { kinds: kinds(messages), thrown },
      'a.assistant': at.normal(pick(assistants.at(-1), FIELDS.assistant)),
      'a.assistant.tool-use': at.normal(pick(find(messages, 'assistant(tool_use'), FIELDS.assistant)),
      'a.assistant.thinking': at.normal(pick(find(messages, 'assistant(thinking'), FIELDS.assistant)),
      'a.user.tool-result': at.normal(pick(find(messages, 'user'), FIELDS.user)),
      'a.result.success': at.normal(pick(messages.at(-1), FIELDS.result)),
      'a.system.init': at.normal(pick(find(messages, 'system/init'), FIELDS.init)),
    };
  },
};
