import type { PermissionModeInput } from '../options/permissions.ts';
import { type FromSchema, inputParser } from './from-schema.ts';
import type { Tool } from './tool.ts';

/** The mode to return to when the plan is approved. */
const KEY = 'plan.before';

const ENTER = { type: 'object', properties: {}, additionalProperties: false } as const;

export type EnterPlanModeInput = FromSchema<typeof ENTER>;

/** Begins to plan: from now on everything that changes something is asked. */
export const enterPlanModeTool: Tool<EnterPlanModeInput, { message: string }> = {
  name: 'EnterPlanMode',
  description:
    'Begins to plan: you look and think, and change nothing, until the person has approved a plan with ExitPlanMode. Use it before work whose way is not clear, or that the person may want to have a say in.',
  inputSchema: ENTER,
  effect: 'write',
  harmless: true,
  parse: inputParser(ENTER),
  target: () => ({}),
  run: async (_input, context) => {
    const before = context.mode();
    const message =
      before === 'plan'
        ? 'You are planning already.'
        : 'You are planning now. Look at what the task touches, change nothing, and show your plan with ExitPlanMode.';
    if (before !== 'plan') await context.setMode('plan');
    return { content: message, structured: { message }, ...(before === 'plan' ? {} : { state: { [KEY]: before } }) };
  },
};

const EXIT = {
  type: 'object',
  properties: {
    plan: { type: 'string', minLength: 1, description: 'The plan, in Markdown, for the person to approve.' },
    allowedPrompts: {
      type: 'array',
      description: 'Kinds of commands that carrying out the plan needs, for the person to know.',
      items: {
        type: 'object',
        properties: {
          tool: { type: 'string', enum: ['Bash'] },
          prompt: { type: 'string', description: 'What the commands do, such as: run the tests.' },
        },
        required: ['tool', 'prompt'],
        additionalProperties: false,
      },
    },
  },
  required: [],
  additionalProperties: false,
} as const;

export type ExitPlanModeInput = FromSchema<typeof EXIT>;
export type ExitPlanModeOutput = { plan: string | null; isAgent: boolean };

/** Shows the plan to the person. Once they have approved it, the mode is what it was before. */
export const exitPlanModeTool: Tool<ExitPlanModeInput, ExitPlanModeOutput> = {
  name: 'ExitPlanMode',
  description:
    'Ends planning: shows your plan to the person, who approves it or says what is wrong with it. Call it when the plan is complete, and only for work that changes something; a question is answered without it.',
  inputSchema: EXIT,
  effect: 'write',
  harmless: true,
  needsPerson: true,
  parse: inputParser(EXIT),
  target: () => ({}),
  run: async ({ plan }, context) => {
    if (context.mode() !== 'plan') throw new Error('You are not planning: go on with the work.');
    await context.setMode(modeBefore(context.state(KEY)));
    return {
      content: ['The person has approved this plan. Carry it out now.', ...(plan === undefined ? [] : [plan])].join(
        '\n\n',
      ),
      structured: { plan: plan ?? null, isAgent: context.thread !== 'main' },
    };
  },
};

/** Kept by EnterPlanMode alone; a session that began with planning goes on as others begin. */
function modeBefore(kept: unknown): PermissionModeInput {
  return typeof kept === 'string' && kept !== 'plan' ? (kept as PermissionModeInput) : 'default';
}
