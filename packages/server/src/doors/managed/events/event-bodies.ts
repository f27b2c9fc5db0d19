import { z } from 'zod';
import { pageFields } from '../../../http/page.ts';
import { createdAtFields, listOf } from '../../../http/query.ts';
import { MessageContent, ResultContent } from '../content.ts';
import { EVENT_TYPES } from './event-types.ts';

// What the API takes for events. Strict: a key that is not known is told by name.

const MAX_EVENTS = 1_000;
const MAX_DENY_MESSAGE = 10_000;

const eventId = z.string().max(200);
const result = { content: ResultContent.optional(), is_error: z.boolean().nullish() };

const not = <T extends string>(type: T, why: string) =>
  z.looseObject({ type: z.literal(type) }).refine(() => false, `${type} is not supported by this server: ${why}`);

export const SentEvent = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('user.message'), content: MessageContent }),
  z.strictObject({ type: z.literal('user.interrupt'), session_thread_id: z.string().max(200).nullish() }),
  z
    .strictObject({
      type: z.literal('user.tool_confirmation'),
      tool_use_id: eventId,
      result: z.enum(['allow', 'deny']),
      deny_message: z.string().max(MAX_DENY_MESSAGE).nullish(),
    })
    .refine(
      ({ result: said, deny_message }) => said === 'deny' || deny_message === undefined || deny_message === null,
      {
        path: ['deny_message'],
        error: 'goes with result "deny" only',
      },
    ),
  z.strictObject({ type: z.literal('user.custom_tool_result'), custom_tool_use_id: eventId, ...result }),
  z.strictObject({ type: z.literal('user.tool_result'), tool_use_id: eventId, ...result }),
  not('user.define_outcome', 'nothing here judges outcomes'),
  not('system.message', 'the system prompt of a session is that of its agent'),
]);
export type SentEvent = z.infer<typeof SentEvent>;

export const SendBody = z.strictObject({ events: z.array(SentEvent).min(1).max(MAX_EVENTS) });

/** Events that the API has and this server never tells: a list of them is empty. */
const OTHER_TYPES = [
  'user.define_outcome',
  'system.message',
  'agent.thread_message_received',
  'agent.thread_message_sent',
  'session.thread_created',
  'session.thread_status_running',
  'session.thread_status_rescheduled',
  'session.thread_status_terminated',
  'span.outcome_evaluation_start',
  'span.outcome_evaluation_ongoing',
  'span.outcome_evaluation_end',
  'workflow_run.created',
  'workflow_run.status_running',
  'workflow_run.status_idle',
  'workflow_run.status_ended',
  'workflow_run.error',
  'workflow_run.phase_started',
  'workflow_run.phase_ended',
];
const KNOWN_TYPES: ReadonlySet<string> = new Set([...EVENT_TYPES, ...OTHER_TYPES]);

export const EventListQuery = z.strictObject({
  ...pageFields,
  ...createdAtFields,
  types: listOf(z.string().refine((type) => KNOWN_TYPES.has(type), 'is no type of event')).optional(),
  order: z.enum(['asc', 'desc']).default('asc'),
});

export const EventStreamQuery = z.strictObject({
  event_deltas: listOf(z.enum(['agent.message', 'agent.thinking'])).default([]),
});
