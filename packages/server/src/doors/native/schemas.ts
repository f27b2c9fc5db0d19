import type { Cursor } from 'colloquy/internal';
import { z } from 'zod';
import { pageFields } from '../../http/page.ts';
import { base64, base64Image, MAX_TEXT, text, urlSource } from '../content-fields.ts';

// What the native API takes. Strict: a key that is not known is told by name, never ignored.

const MAX_RULES = 500;

const permissionMode = z.enum([
  'default',
  'acceptEdits',
  'plan',
  'bypassPermissions',
  'dontAsk',
  'askForEdits',
  'readOnly',
  'strict',
]);
const model = z.string().min(1).max(200);
const title = z.string().trim().min(1).max(200);
const rules = z.array(z.string().min(1).max(1_000)).max(MAX_RULES);
const prompt = z.string().max(MAX_TEXT);
const display = z.enum(['summarized', 'omitted']).optional();

/** The options of a session that survive JSON and are a client's to choose. */
export const SessionOptions = z.strictObject({
  model: model.optional(),
  permissionMode: permissionMode.optional(),
  title: title.optional(),
  cwd: z.string().min(1).max(4_096).optional(),
  systemPrompt: z
    .union([
      prompt,
      z.array(prompt).max(100),
      z.strictObject({ type: z.literal('preset'), preset: z.literal('claude_code'), append: prompt.optional() }),
    ])
    .optional(),
  allowedTools: rules.optional(),
  disallowedTools: rules.optional(),
  forwardSubagentText: z.boolean().optional(),
  maxOutputTokens: z.int().positive().optional(),
  maxRetries: z.int().min(0).max(100).optional(),
  maxTurns: z.int().positive().optional(),
  outputFormat: z
    .union([
      z.enum(['text', 'json']),
      z.strictObject({ type: z.literal('json_schema'), schema: z.record(z.string(), z.unknown()) }),
    ])
    .optional(),
  permissionPrompts: z.enum(['host', 'none']).optional(),
  planModeInstructions: prompt.optional(),
  promptQueue: z.enum(['separate', 'merge']).optional(),
  timeoutMs: z.number().positive().optional(),
  tools: z
    .union([
      z.array(z.string().min(1).max(200)).max(MAX_RULES),
      z.strictObject({ type: z.literal('preset'), preset: z.literal('claude_code') }),
    ])
    .optional(),
  maxBudgetUsd: z.number().positive().optional(),
  effort: z.enum(['low', 'medium', 'high', 'xhigh', 'max']).optional(),
  thinking: z
    .discriminatedUnion('type', [
      z.strictObject({ type: z.literal('adaptive'), display }),
      z.strictObject({ type: z.literal('enabled'), budgetTokens: z.int().positive().optional(), display }),
      z.strictObject({ type: z.literal('disabled') }),
    ])
    .optional(),
});

/** A tool that the client runs itself: a call of it waits for `POST /v1/sessions/{id}/tool_results`. */
const declaredTool = z.strictObject({
  name: z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/, 'must be 1 to 64 letters, digits, _ and -'),
  description: z.string().max(100_000),
  inputSchema: z.record(z.string(), z.unknown()),
});

export const CreateSessionBody = z.strictObject({
  /** The client's own choice, so that it may ask twice for the same session. */
  id: z.uuid().toLowerCase().optional(),
  options: SessionOptions.optional(),
  tools: z
    .array(declaredTool)
    .max(500)
    .refine((tools) => new Set(tools.map(({ name }) => name)).size === tools.length, 'must have each name once')
    .optional(),
});

export const PatchSessionBody = z
  .strictObject({ title: title.optional(), tag: title.nullable().optional() })
  .refine((body) => body.title !== undefined || body.tag !== undefined, 'must have a title or a tag');

export const ForkBody = z.strictObject({
  id: z.uuid().toLowerCase().optional(),
  title: title.optional(),
  /** The last message that the copy has; default: all. */
  upToMessageId: z.string().min(1).max(200).optional(),
});

/** What a person may put into a prompt. Results of tools are not among it: those are facts, which only the engine tells. */
const promptBlock = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text'), text }),
  z.strictObject({
    type: z.literal('image'),
    source: z.discriminatedUnion('type', [base64Image, urlSource]),
  }),
  z.strictObject({
    type: z.literal('document'),
    title: z.string().max(500).optional(),
    source: z.discriminatedUnion('type', [
      z.strictObject({ type: z.literal('base64'), media_type: z.literal('application/pdf'), data: base64 }),
      z.strictObject({ type: z.literal('text'), media_type: z.literal('text/plain'), data: text }),
    ]),
  }),
]);

/** An `SDKUserMessage`, as far as a client may say it. */
export const UserMessageBody = z.strictObject({
  type: z.literal('user'),
  message: z.strictObject({
    role: z.literal('user'),
    content: z.union([text, z.array(promptBlock).min(1).max(1_000)]),
  }),
  parent_tool_use_id: z.null().default(null),
  /** The client's own name for the prompt; a second prompt with it is the same prompt. */
  uuid: z.uuid().optional(),
  session_id: z.string().max(200).optional(),
  priority: z.enum(['now', 'next', 'later']).optional(),
  shouldQuery: z.boolean().optional(),
});

/** A prompt with a name of its client's, whatever else is right or wrong with it. */
export const NamedBody = z.looseObject({ uuid: z.string() });

/** What a waiting prompt is changed to; what is left out stays. */
export const EditPromptBody = z
  .strictObject({
    content: z.union([text, z.array(promptBlock).min(1).max(1_000)]).optional(),
    priority: z.enum(['now', 'next', 'later']).optional(),
  })
  .refine(
    ({ content, priority }) => content !== undefined || priority !== undefined,
    'names neither content nor priority',
  );

/** The uuid of the prompt before which the conversation goes on. */
export const RewindBody = z.strictObject({ to: z.uuid() });

/** The controls that a client may call. Who calls is the server's to say, so there is no `by`; answers have a route of their own. */
export const ControlBody = z.discriminatedUnion('name', [
  z.strictObject({
    name: z.literal('interrupt'),
    args: z.strictObject({ cancelQueued: z.boolean().optional() }).default({}),
  }),
  z.strictObject({ name: z.literal('setPermissionMode'), args: z.strictObject({ mode: permissionMode }) }),
  z.strictObject({ name: z.literal('setModel'), args: z.strictObject({ model: model.optional() }).default({}) }),
  z.strictObject({ name: z.literal('stopTask'), args: z.strictObject({ taskId: text }) }),
  z.strictObject({
    name: z.literal('backgroundTasks'),
    args: z.strictObject({ toolUseId: text.optional() }).default({}),
  }),
  z.strictObject({
    name: z.literal('getTaskOutput'),
    args: z.strictObject({ taskId: text, maxBytes: z.int().positive().optional() }),
  }),
  z.strictObject({ name: z.literal('serverInfo'), args: z.strictObject({}).default({}) }),
]);

const ruleUpdate = <const Type extends string>(type: Type) =>
  z.strictObject({
    type: z.literal(type),
    rules: z
      .array(z.strictObject({ toolName: z.string().min(1).max(200), ruleContent: z.string().max(1_000).optional() }))
      .min(1)
      .max(MAX_RULES),
    behavior: z.enum(['allow', 'deny', 'ask']),
    destination: z.literal('session'),
  });

/** What an answer may change besides: rules and the mode of this session. Files of the server and its folders are not a client's to change. */
const permissionUpdate = z.discriminatedUnion('type', [
  ruleUpdate('addRules'),
  ruleUpdate('replaceRules'),
  ruleUpdate('removeRules'),
  z.strictObject({ type: z.literal('setMode'), mode: permissionMode, destination: z.literal('session') }),
]);

export const AnswerBody = z.strictObject({
  request: z.int().positive(),
  decision: z.discriminatedUnion('behavior', [
    z.strictObject({
      behavior: z.literal('allow'),
      updatedInput: z.record(z.string(), z.unknown()).optional(),
      updatedPermissions: z.array(permissionUpdate).max(100).optional(),
    }),
    z.strictObject({
      behavior: z.literal('deny'),
      message: z.string().max(10_000).optional(),
      interrupt: z.boolean().optional(),
    }),
  ]),
});

export const ToolResultBody = z.strictObject({
  tool_use_id: z.string().min(1).max(200),
  content: z.union([z.string(), z.array(z.looseObject({ type: z.string() })).max(1_000)]),
  is_error: z.boolean().optional(),
});

/** A number in a query: digits and nothing else, for which `Number` has many other spellings. */
const digits = z
  .string()
  .regex(/^\d{1,15}$/, 'must be a whole number')
  .transform(Number);
const count = (most: number) => digits.pipe(z.number().min(1).max(most));

export const SessionListQuery = z.strictObject({
  limit: count(100).optional(),
  page: pageFields.page,
});

export const LogQuery = z.strictObject({
  after: digits.default(0),
  limit: count(1_000).default(200),
});

const CURSOR = /^\d{1,15}\.\d{1,15}\.\d{1,15}(\.\d{1,6})?$/;

/** The id of a frame. Whether the session has come to it is for the session to say. */
export const CursorText = z.custom<Cursor>(
  (value) => typeof value === 'string' && CURSOR.test(value),
  'must be a cursor, as the id of an earlier frame',
);

export const StreamQuery = z.strictObject({
  after: CursorText.optional(),
  /** `false`: without stream events. */
  partial: z
    .enum(['true', 'false'])
    .default('true')
    .transform((value) => value === 'true'),
});

export const MessagesQuery = z.strictObject({
  offset: digits.default(0),
  limit: count(1_000).default(200),
});

/** A place in the log, in a path. */
export const SeqParam = digits.pipe(z.number().min(1));

export const SearchQuery = z.strictObject({
  q: z.string().trim().min(1).max(1_000),
  limit: count(100).default(20),
  /** How many finds to pass over. */
  page: digits.pipe(z.number().max(10_000)).default(0),
});
