import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Reply, text, toolUse } from '@colloquy/emulator';
import { calledIn, callTools, seen, TRUSTING, withoutMade } from '../harness/calls.ts';
import { gather, pick } from '../harness/gather.ts';
import type { Program } from '../harness/program.ts';

/** A call with the id of the task that was begun last, which the conversation tells. */
const onTask =
  (tool: string, input: Record<string, unknown> = {}): Reply =>
  (request) => {
    const ids = [...JSON.stringify(request.messages).matchAll(/\b(?:ID: |task )(b[a-z0-9]{8})\b/g)];
    return toolUse(tool, { task_id: ids.at(-1)?.[1] ?? 'none', ...input });
  };

/** Work in the background, and tools that are found. */
export const toolsBackground: Program = {
  name: 'tools-background',
  ids: [
    'g.Bash.background',
    'g.TaskOutput',
    'g.TaskStop',
    'g.Monitor',
    'g.ToolSearch',
    'g.WebSearch',
    'g.WebFetch.refused',
  ],
  async run({ sdk, scene }) {
    const at = await scene([
      toolUse('Bash', { command: 'sleep 60', run_in_background: true, description: 'Wait' }),
      onTask('TaskOutput', { block: false, timeout: 1000 }),
      onTask('TaskStop'),
      toolUse('Monitor', { description: 'Watch', command: 'echo a', timeout_ms: 5000, persistent: false }),
      toolUse('WebFetch', { url: 'not a url', prompt: 'x' }),
      text('Done.'),
      text('Done.'),
      text('Done.'),
    ]);
    const { messages } = await gather(
      sdk,
      sdk.query({
        prompt: 'Go',
        options: at.options({ ...TRUSTING, tools: ['Bash', 'TaskOutput', 'TaskStop', 'Monitor', 'WebFetch'] }),
      }),
    );
    const [begun, output, stopped, monitor, fetched] = calledIn(messages);
    const many = await scene();
    const server = sdk.createSdkMcpServer({
      name: 'many',
      tools: Array.from({ length: 80 }, (_, index) =>
        sdk.tool(`tool${index}`, `Does the ${index}th thing. ${'It does it well. '.repeat(20)}`, {}, async () => ({
          content: [{ type: 'text', text: 'done' }],
        })),
      ),
    });
    const found = await callTools(sdk, many, [['ToolSearch', { query: 'select:mcp__many__tool7', max_results: 5 }]], {
      tools: ['Read', 'ToolSearch'],
      mcpServers: { many: server },
    });
    const web = await scene();
    const searched = await callTools(sdk, web, [['WebSearch', { query: 'weather in Oslo' }]], { tools: ['WebSearch'] });
    return {
      'g.Bash.background': withoutMade(seen(begun)),
      'g.TaskOutput': withoutMade(
        output?.isError === true ? seen(output) : { fields: Object.keys(Object(output?.output)) },
      ),
      'g.TaskStop': withoutMade(seen(stopped)),
      'g.Monitor': withoutMade(seen(monitor)),
      'g.ToolSearch': pick(found.called[0]?.output as object, ['matches', 'query']),
      'g.WebSearch': {
        fields: Object.keys(Object(searched.called[0]?.output)).toSorted(),
        query: pick(searched.called[0]?.output as object, ['query']),
      },
      'g.WebFetch.refused': seen(fetched),
    };
  },
};

/** Agents that work in the background, or in a place of their own. */
export const agentsBackground: Program = {
  name: 'agents-background',
  ids: ['g.Agent.background', 'c.agents.background', 'g.Agent.isolation'],
  async run({ sdk, scene }) {
    const play = async (input: Record<string, unknown>, background: boolean | undefined) => {
      const at = await scene([]);
      at.emulator.script(
        toolUse('Agent', { description: 'Help', prompt: 'Help me', subagent_type: 'helper', ...input }),
        ...Array.from({ length: 6 }, () => text('Done.')),
      );
      const { messages } = await gather(
        sdk,
        sdk.query({
          prompt: 'Go',
          options: at.options({
            ...TRUSTING,
            tools: ['Agent', 'Read'],
            agents: {
              helper: { description: 'Helps', prompt: 'Help.', ...(background === undefined ? {} : { background }) },
            },
          }),
        }),
      );
      const [called] = calledIn(messages);
      return called?.isError === true
        ? seen(called)
        : pick(called?.output as object, ['status', 'description', 'prompt']);
    };
    return {
      'g.Agent.background': await play({ run_in_background: true }, undefined),
      'c.agents.background': await play({}, true).catch(() => ({ refused: true })),
      'g.Agent.isolation': await play({ isolation: 'worktree', run_in_background: false }, undefined),
    };
  },
};

/** Commands in a sandbox. */
export const optionsSandbox: Program = {
  name: 'options-sandbox',
  ids: [
    'c.sandbox',
    'c.sandbox.network',
    'c.sandbox.filesystem',
    'c.sandbox.failIfUnavailable',
    'c.sandbox.credentials',
  ],
  async run({ sdk, scene }) {
    const at = await scene();
    const { called, thrown, messages } = await callTools(
      sdk,
      at,
      [
        ['Bash', { command: 'echo in > in.txt && cat in.txt', description: 'Inside' }],
        ['Bash', { command: `echo out > ${at.home}/out.txt`, description: 'Outside' }],
      ],
      {
        tools: ['Bash'],
        sandbox: {
          enabled: true,
          autoAllowBashIfSandboxed: true,
          failIfUnavailable: false,
          network: { allowedDomains: ['example.org'], allowLocalBinding: true },
          filesystem: { allowWrite: ['/tmp/allowed-by-nobody'] },
        },
      },
    );
    const strict = await scene();
    const failing = await callTools(sdk, strict, [['Bash', { command: 'echo in', description: 'Inside' }]], {
      tools: ['Bash'],
      sandbox: { enabled: true, failIfUnavailable: true, credentials: { envVars: [{ name: 'SECRET', mode: 'deny' }] } },
    }).catch(() => ({ called: [], thrown: 'Error', messages: [] }));
    const ran = { inside: called[0]?.isError === false, outside: existsSync(join(at.home, 'out.txt')) };
    const results = messages.filter(({ type }) => type === 'result').length;
    return {
      'c.sandbox': ran,
      'c.sandbox.network': { thrown: thrown ?? 'nothing', results },
      'c.sandbox.filesystem': pick(ran, ['outside']),
      'c.sandbox.failIfUnavailable': { ran: failing.called[0]?.isError === false, thrown: failing.thrown ?? 'nothing' },
      'c.sandbox.credentials': { taken: failing.messages.some(({ type }) => type === 'result') },
    };
  },
};
