import { text } from '@colloquy/emulator';
import type { Options } from 'colloquy';
import { find, findAll, gather, kindOf, pick } from '../harness/gather.ts';
import type { Program, Stage } from '../harness/program.ts';

type Body = Record<string, unknown>;

/** One plain turn with these options: what the model was asked, and what was told. */
async function ask({ sdk, scene }: Stage, options: Options) {
  const at = await scene([text('Hello.'), text('Hello.')]);
  const { messages, thrown } = await gather(
    sdk,
    sdk.query({ prompt: 'Hi', options: at.options({ settingSources: [], ...options }) }),
  );
  const body = (at.emulator.requests[0]?.body ?? {}) as Body;
  const headers = at.emulator.requests[0]?.headers ?? {};
  const init = pick(find(messages, 'system/init'), ['tools', 'model', 'permissionMode', 'session_id']);
  const system = JSON.stringify(body['system'] ?? '');
  const tools = ((init['tools'] ?? []) as string[]).toSorted();
  return { at, messages, thrown, body, headers, init, system, tools };
}

const CORE = ['Bash', 'Edit', 'Read', 'Write', 'WebFetch', 'NotebookEdit', 'TaskCreate'];

/** Options that show in what the model is asked. */
export const optionsRequest: Program = {
  name: 'options-request',
  ids: [
    'c.model',
    'c.model.alias',
    'c.effort',
    'c.thinking.adaptive',
    'c.thinking.enabled',
    'c.thinking.disabled',
    'c.systemPrompt.string',
    'c.systemPrompt.array',
    'c.systemPrompt.preset',
    'c.systemPrompt.omitted',
    'c.tools.list',
    'c.tools.none',
    'c.tools.preset',
    'c.includePartialMessages',
    'c.planModeInstructions',
    'c.sessionId',
    'c.persistSession',
    'c.sessionId.with-resume',
    'c.cwd.missing',
  ],
  async run(stage) {
    const id = '0e6f1a52-3d2c-4c6d-9a7e-5a0f3f3c2b1a';
    const one = await ask(stage, {
      model: 'claude-opus-5-5',
      effort: 'low',
      thinking: { type: 'adaptive' },
      systemPrompt: 'You are a parrot.',
      tools: ['Read', 'Bash'],
      includePartialMessages: true,
      sessionId: id,
    });
    const two = await ask(stage, {
      model: 'claude-opus-4-5',
      thinking: { type: 'enabled', budgetTokens: 2048 },
      systemPrompt: ['You are a cat.', 'You are old.'],
      tools: [],
      persistSession: false,
    });
    const three = await ask(stage, {
      model: 'claude-opus-4-6',
      thinking: { type: 'disabled' },
      systemPrompt: { type: 'preset', preset: 'claude_code', append: 'You are in a hurry.' },
      tools: { type: 'preset', preset: 'claude_code' },
    });
    const four = await ask(stage, {
      model: 'claude-opus-5-5',
      tools: ['Read'],
      permissionMode: 'plan',
      planModeInstructions: 'Draw a map first.',
    });
    const five = await ask(stage, { model: 'haiku', tools: [] });
    const { sdk } = stage;
    const gone = await gather(
      sdk,
      sdk.query({ prompt: 'Hi', options: two.at.options({ resume: String(two.init['session_id']) }) }),
    ).catch(() => ({ messages: [], thrown: 'Error' }));
    const refused = async (options: Options): Promise<string | undefined> => {
      try {
        return (await gather(sdk, sdk.query({ prompt: 'Hi', options: one.at.options(options) }))).thrown;
      } catch {
        return 'Error';
      }
    };
    const config = (body: Body): unknown => pick(body['output_config'] as object | undefined, ['effort']);
    return {
      'c.model': { ...pick(one.init, ['model']), asked: one.body['model'] },
      'c.model.alias': { ...pick(five.init, ['model']), asked: five.body['model'] },
      'c.effort': config(one.body),
      'c.thinking.adaptive': pick(one.body['thinking'] as object, ['type']),
      'c.thinking.enabled': pick(two.body['thinking'] as object, ['type', 'budget_tokens']),
      'c.thinking.disabled': {
        thinking: pick(three.body['thinking'] as object | undefined, ['type'])['type'] ?? 'none',
      },
      'c.systemPrompt.string': { has: one.system.includes('You are a parrot.') },
      'c.systemPrompt.array': { has: two.system.includes('You are a cat.') && two.system.includes('You are old.') },
      'c.systemPrompt.preset': {
        isThere: three.system.length > 100,
        has: three.system.includes('You are in a hurry.'),
      },
      'c.systemPrompt.omitted': { isShort: four.system.length < 2_500, isThere: four.system.length > 2 },
      'c.tools.list': one.tools,
      'c.tools.none': { tools: two.tools },
      'c.tools.preset': CORE.filter((name) => three.tools.includes(name)),
      'c.includePartialMessages': [...new Set(findAll(one.messages, 'stream_event').map(kindOf))],
      'c.planModeInstructions': { told: JSON.stringify(four.body['messages']).includes('Draw a map first.') },
      'c.sessionId': pick(one.init, ['session_id']),
      'c.persistSession': { isGone: gone.thrown !== undefined || gone.messages.length === 0 },
      'c.sessionId.with-resume': {
        refused: await refused({ sessionId: '0e6f1a52-3d2c-4c6d-9a7e-5a0f3f3c2b1b', resume: id }),
      },
      'c.cwd.missing': { refused: await refused({ cwd: `${one.at.folder}/nowhere` }) },
    };
  },
};

/** The same, of options that our own loop gets later. */
export const optionsRequestLater: Program = {
  name: 'options-request-later',
  ids: [
    'c.betas',
    'c.maxThinkingTokens',
    'c.taskBudget',
    'c.systemPrompt.custom',
    'c.systemPrompt.preset.excludeDynamicSections',
    'c.extraArgs',
    'c.debug',
    'c.debugFile',
    'c.stderr',
    'c.strictMcpConfig',
    'c.skills',
    'c.verbatimPrompts',
    'c.agent',
    'c.agents.initialPrompt',
    'c.agents.skills',
    'c.pathToClaudeCodeExecutable.missing',
    'c.promptSuggestions',
    'c.agentProgressSummaries',
    'c.fallbackModel',
  ],
  async run(stage) {
    const complaints: string[] = [];
    const one = await ask(stage, {
      model: 'claude-opus-5-5',
      betas: ['context-1m-2025-08-07'],
      taskBudget: { total: 50_000 },
      systemPrompt: { type: 'custom', prompt: 'You are a goat.' },
      extraArgs: { 'max-turns': '3' },
      debug: true,
      stderr: (complaint) => complaints.push(complaint),
      tools: ['Read'],
      strictMcpConfig: true,
      mcpServers: { pets: stage.sdk.createSdkMcpServer({ name: 'pets', tools: [] }) },
      promptSuggestions: true,
      agentProgressSummaries: true,
      fallbackModel: 'claude-haiku-5-5',
    });
    const two = await ask(stage, {
      model: 'claude-sonnet-5-5',
      maxThinkingTokens: 4096,
      systemPrompt: { type: 'preset', preset: 'claude_code', excludeDynamicSections: true },
      tools: ['Read', 'Skill'],
      skills: [],
      verbatimPrompts: true,
      debugFile: `${one.at.folder}/debug.log`,
      agent: 'leader',
      agents: { leader: { description: 'Leads', prompt: 'You lead.', initialPrompt: 'Begin at once.', skills: [] } },
    });
    const { existsSync } = await import('node:fs');
    const { sdk } = stage;
    const missing = async (): Promise<string | undefined> => {
      try {
        const options = one.at.options({ pathToClaudeCodeExecutable: '/nowhere/claude' });
        return (await gather(sdk, sdk.query({ prompt: 'Hi', options }))).thrown;
      } catch {
        return 'Error';
      }
    };
    return {
      'c.betas': { sent: String(one.headers['anthropic-beta']).includes('context-1m') },
      'c.maxThinkingTokens': two.body['thinking'],
      'c.taskBudget': pick(one.body['output_config'] as object | undefined, ['task_budget']),
      'c.systemPrompt.custom': { has: one.system.includes('You are a goat.') },
      'c.systemPrompt.preset.excludeDynamicSections': { has: two.system.includes(two.at.folder) },
      'c.extraArgs': { ended: one.thrown ?? 'well' },
      'c.debug': { complained: complaints.length > 0 },
      'c.debugFile': { isThere: existsSync(`${one.at.folder}/debug.log`) },
      'c.stderr': { isText: complaints.every((complaint) => typeof complaint === 'string') },
      'c.strictMcpConfig': pick(find(one.messages, 'system/init'), ['mcp_servers']),
      'c.skills': pick(find(two.messages, 'system/init'), ['skills']),
      'c.verbatimPrompts': { asked: JSON.stringify(two.body['messages']).includes('Hi') },
      'c.agent': { leads: two.system.includes('You lead.') },
      'c.agents.initialPrompt': { said: JSON.stringify(two.body['messages']).includes('Begin at once.') },
      'c.agents.skills': { ended: two.thrown ?? 'well' },
      'c.pathToClaudeCodeExecutable.missing': { refused: await missing() },
      'c.promptSuggestions': { told: one.messages.some(({ type }) => type === 'prompt_suggestion') },
      'c.agentProgressSummaries': { ended: one.thrown ?? 'well', results: findAll(one.messages, 'result').length },
      'c.fallbackModel': pick(one.init, ['model']),
    };
  },
};
