import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { paced, text, toolUse } from '@colloquy/emulator';
import type { Options } from 'colloquy';
import { callTools, seen, TRUSTING } from '../harness/calls.ts';
import { find, findAll, gather, outcome, pick } from '../harness/gather.ts';
import { listen, prompts, withId } from '../harness/inbox.ts';
import type { Program } from '../harness/program.ts';

const BASE: Options = { model: 'claude-opus-5-5', settingSources: [], tools: [] };

/** Which session, and what is kept of it. */
export const optionsSessions: Program = {
  name: 'options-sessions',
  ids: ['c.resume', 'c.forkSession', 'c.continue', 'c.title', 'c.enableFileCheckpointing'],
  async run({ sdk, scene }) {
    const at = await scene([text('One.'), text('Two.'), text('Three.'), text('Four.')], { sharedHome: true });
    const ask = async (prompt: string, options: Options = {}) => {
      const { messages } = await gather(sdk, sdk.query({ prompt, options: at.options({ ...BASE, ...options }) }));
      const id = String(pick(find(messages, 'system/init'), ['session_id'])['session_id']);
      return { id, asked: JSON.stringify(at.emulator.requests.at(-1)?.body?.messages ?? '') };
    };
    const titled: unknown[] = [];
    const first = await ask('My name is Ada', {
      title: 'Names',
      hooks: {
        UserPromptSubmit: [
          {
            hooks: [
              async (input) => {
                if (input.hook_event_name === 'UserPromptSubmit') titled.push(input.session_title ?? 'no title');
                return {};
              },
            ],
          },
        ],
      },
    });
    const resumed = await ask('And now?', { resume: first.id });
    const forked = await ask('Elsewhere', { resume: first.id, forkSession: true });
    const newest = await ask('Again', { continue: true });

    const files = await scene([], { files: { 'a.txt': 'before\n' } });
    files.emulator.script(
      toolUse('Read', { file_path: join(files.folder, 'a.txt') }),
      toolUse('Edit', { file_path: join(files.folder, 'a.txt'), old_string: 'before', new_string: 'after' }),
      text('Changed.'),
    );
    const uuid = randomUUID();
    const input = prompts(withId('Change it', { uuid }));
    const query = sdk.query({
      prompt: input,
      options: files.options({ ...TRUSTING, tools: ['Read', 'Edit'], enableFileCheckpointing: true }),
    });
    const heard = listen(query);
    await heard.heard('result', 1);
    const dry = await outcome(sdk, () => query.rewindFiles(uuid, { dryRun: true }));
    const rewound = await outcome(sdk, () => query.rewindFiles(uuid));
    input.end();
    await heard.ended;
    return {
      'c.resume': { isSame: resumed.id === first.id, knows: resumed.asked.includes('My name is Ada') },
      'c.forkSession': { isOther: forked.id !== first.id, knows: forked.asked.includes('My name is Ada') },
      'c.continue': { wentOn: newest.id === forked.id, knows: newest.asked.includes('Elsewhere') },
      'c.title': titled,
      'c.enableFileCheckpointing': files.normal({
        dry: 'gave' in dry ? pick(dry.gave, ['canRewind', 'filesChanged', 'insertions', 'deletions']) : dry,
        rewound: 'gave' in rewound ? pick(rewound.gave, ['canRewind']) : rewound,
        now: readFileSync(join(files.folder, 'a.txt'), 'utf8'),
      }),
    };
  },
};

/** Bounds, abort, what tools get. */
export const optionsTurns: Program = {
  name: 'options-turns',
  ids: [
    'c.abortController',
    'c.allowedTools',
    'c.disallowedTools',
    'c.canUseTool',
    'c.cwd',
    'c.env',
    'c.maxBudgetUsd',
    'c.maxTurns',
    'c.mcpServers.sdk',
    'c.outputFormat',
    'c.perTaskStopAffordance',
  ],
  async run({ sdk, scene }) {
    const slow = await scene([paced(300, text('one two three four five six seven eight'))]);
    const abortController = new AbortController();
    const aborted = await outcome(sdk, async () => {
      const options = slow.options({ ...BASE, includePartialMessages: true, abortController });
      for await (const message of sdk.query({ prompt: 'Count', options })) {
        if (message.type === 'stream_event' && message.event.type === 'content_block_delta') abortController.abort();
      }
    });

    const at = await scene([], { files: { 'look.sh': 'pwd; echo "$TZ"\n' } });
    const asked: string[] = [];
    const { called, messages } = await callTools(
      sdk,
      at,
      [
        ['Bash', { command: 'sh look.sh', description: 'Look' }],
        ['Write', { file_path: join(at.folder, 'a.txt'), content: 'x' }],
        ['mcp__pets__feed', { name: 'Rex' }],
      ],
      {
        permissionMode: 'default',
        tools: ['Bash', 'Write', 'Read', 'Edit'],
        allowedTools: ['Bash(sh look.sh)', 'mcp__pets__feed'],
        disallowedTools: ['Edit'],
        env: { TZ: 'Mine/Mine' },
        mcpServers: {
          pets: sdk.createSdkMcpServer({
            name: 'pets',
            tools: [sdk.tool('feed', 'Feeds', {}, async () => ({ content: [{ type: 'text', text: 'fed' }] }))],
          }),
        },
        canUseTool: async (tool) => {
          asked.push(tool);
          return { behavior: 'deny', message: 'No.' };
        },
      },
    );
    const tools = [pick(find(messages, 'system/init'), ['tools'])['tools']].flat().map(String).toSorted();

    const turns = await scene(
      Array.from({ length: 3 }, () => toolUse('Read', { file_path: 'a.txt' })),
      {
        files: { 'a.txt': 'x' },
      },
    );
    const reading = { ...TRUSTING, tools: ['Read'] };
    const fields = ['subtype', 'is_error', 'num_turns', 'terminal_reason'];
    const most = await gather(sdk, sdk.query({ prompt: 'Go', options: turns.options({ ...reading, maxTurns: 1 }) }));
    const money = await scene([toolUse('Read', { file_path: 'a.txt' }), text('Done.')], { files: { 'a.txt': 'x' } });
    const spent = await gather(
      sdk,
      sdk.query({ prompt: 'Go', options: money.options({ ...reading, maxBudgetUsd: 0.000_001 }) }),
    );

    const form = await scene([toolUse('StructuredOutput', { city: 'Oslo' }), text('Done.')]);
    const formed = await gather(
      sdk,
      sdk.query({
        prompt: 'Where?',
        options: form.options({
          ...BASE,
          outputFormat: {
            type: 'json_schema',
            schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
          },
        }),
      }),
    );

    const tasks = await scene([
      toolUse('Bash', { command: 'sleep 5; echo end', run_in_background: true, description: 'Wait' }),
      paced(300, text('one two three four five six seven eight')),
    ]);
    const input = prompts(withId('Wait and count'));
    const query = sdk.query({
      prompt: input,
      options: tasks.options({
        ...TRUSTING,
        tools: ['Bash'],
        perTaskStopAffordance: true,
        includePartialMessages: true,
      }),
    });
    const heard = listen(query);
    await heard.heard('user(tool_result)');
    await heard.heard('stream_event', 12);
    await query.interrupt();
    await heard.heard('result', 1);
    const live = findAll(heard.messages, 'system/background_tasks_changed').at(-1);
    query.close();
    input.end();
    await heard.ended;
    return {
      'c.abortController': aborted,
      'c.allowedTools': { tools, isFree: !asked.includes('Bash') },
      'c.disallowedTools': { isOffered: tools.includes('Edit') },
      'c.canUseTool': { asked, told: called[1]?.told },
      'c.cwd': { isThere: JSON.stringify(called[0]?.output).includes(at.folder) },
      'c.env': { has: JSON.stringify(called[0]?.output).includes('Mine/Mine') },
      'c.maxBudgetUsd': pick(find(spent.messages, 'result'), fields),
      'c.maxTurns': pick(find(most.messages, 'result'), fields),
      'c.mcpServers.sdk': { told: called[2]?.told, ...(seen(called[2]) as object) },
      'c.outputFormat': pick(find(formed.messages, 'result'), ['subtype', 'structured_output', 'num_turns']),
      'c.perTaskStopAffordance': { live: [pick(live, ['tasks'])['tasks']].flat().length },
    };
  },
};

/** Agents of options. */
export const optionsAgents: Program = {
  name: 'options-agents',
  ids: [
    'c.agents',
    'c.agents.tools',
    'c.agents.model',
    'c.agents.maxTurns',
    'c.agents.permissionMode',
    'c.agents.effort',
    'c.forwardSubagentText',
    'g.Agent',
    'g.Agent.unknown-type',
  ],
  async run({ sdk, scene }) {
    const at = await scene([], { files: { 'a.txt': 'x\n' } });
    const start = (type: string) =>
      toolUse('Agent', { description: 'Help', prompt: `As ${type}`, subagent_type: type, run_in_background: false });
    const path = join(at.folder, 'a.txt');
    at.emulator.script(
      start('reader'),
      toolUse('Read', { file_path: path }),
      text('Read it.'),
      start('short'),
      toolUse('Read', { file_path: path }),
      toolUse('Read', { file_path: path }),
      text('Never said.'),
      start('nobody'),
      text('Done.'),
      text('Done.'),
    );
    const { messages } = await gather(
      sdk,
      sdk.query({
        prompt: 'Start them',
        options: at.options({
          ...TRUSTING,
          tools: ['Read', 'Write', 'Bash', 'Agent'],
          forwardSubagentText: true,
          agents: {
            reader: {
              description: 'Reads',
              prompt: 'You read.',
              tools: ['Read', 'Write'],
              disallowedTools: ['Write'],
              model: 'haiku',
              effort: 'low',
              permissionMode: 'dontAsk',
            },
            short: { description: 'Is short', prompt: 'You are short.', maxTurns: 1 },
          },
        }),
      }),
    );
    const bodies = at.emulator.requests.map(({ body }) => (body ?? {}) as Record<string, unknown>);
    const as = (words: string) => bodies.find((body) => JSON.stringify(body['system'] ?? '').includes(words));
    const reader = as('You read.');
    const names = ((reader?.['tools'] ?? []) as { name: string }[]).map(({ name }) => name);
    const inside = messages.filter((message) => 'parent_tool_use_id' in message && message.parent_tool_use_id !== null);
    const results = findAll(messages, 'user').flatMap((message) =>
      message.type === 'user' && message.parent_tool_use_id === null && 'tool_use_result' in message
        ? [message.tool_use_result]
        : [],
    );
    const first = results[0] as object;
    // What an engine says in the report of its own accord is in its own words.
    const says = JSON.stringify(pick(first, ['content'])).includes('Read it.');
    const done = { ...pick(first, ['status', 'totalToolUseCount', 'prompt', 'agentType']), says };
    return {
      'c.agents': {
        isStarted: reader !== undefined,
        subagents: [...new Set(inside.map(({ type }) => type))].toSorted(),
      },
      'c.agents.tools': names.filter((name) => ['Read', 'Write', 'Bash', 'Agent'].includes(name)),
      'c.agents.model': pick(reader, ['model']),
      'c.agents.maxTurns': {
        requests: bodies.filter((body) => JSON.stringify(body['system'] ?? '').includes('You are short.')).length,
      },
      'c.agents.permissionMode': pick(done, ['status']),
      'c.agents.effort': pick(reader?.['output_config'] as object | undefined, ['effort']),
      'c.forwardSubagentText': {
        texts: inside.filter((message) => JSON.stringify(message).includes('Read it.')).length,
      },
      'g.Agent': at.normal(done),
      'g.Agent.unknown-type': { isText: typeof results[2] === 'string', names: String(results[2]).includes('nobody') },
    };
  },
};
