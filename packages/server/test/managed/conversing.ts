import type Anthropic from '@anthropic-ai/sdk';
import { onTestFinished } from 'vitest';
import type { Managed } from './fixture.ts';

// What tests of conversations have in common: sessions, messages, and streams that are read as far as a test wants.

export type StreamEvent = Anthropic.Beta.Sessions.BetaManagedAgentsStreamSessionEvents;
export type SessionEvent = Anthropic.Beta.Sessions.BetaManagedAgentsSessionEvent;
type AgentCreate = Anthropic.Beta.AgentCreateParams;
type SessionCreate = Anthropic.Beta.SessionCreateParams;

/** An agent and an environment of their own, and a session of theirs. */
export async function newSession(
  { client }: Pick<Managed, 'client'>,
  o: { agent?: Partial<AgentCreate>; selfHosted?: true; session?: Partial<SessionCreate> } = {},
): Promise<Anthropic.Beta.BetaManagedAgentsSession> {
  const agent = await client.beta.agents.create({ name: 'Ann', model: 'claude-opus-5-5', ...o.agent });
  const environment = await client.beta.environments.create({
    name: agent.id,
    ...(o.selfHosted === true ? { config: { type: 'self_hosted' } } : {}),
  });
  return client.beta.sessions.create({ agent: agent.id, environment_id: environment.id, ...o.session });
}

/** An agent's tools with every built-in one asked about. */
export const ASK_ALWAYS: NonNullable<AgentCreate['tools']> = [
  { type: 'agent_toolset_20260401', default_config: { permission_policy: { type: 'always_ask' } } },
];

/** A tool that the client runs. */
export function customTool(name: string): NonNullable<AgentCreate['tools']>[number] {
  return { type: 'custom', name, description: `The tool ${name}`, input_schema: { type: 'object' } };
}

export const say = (text: string) => ({ type: 'user.message' as const, content: [{ type: 'text' as const, text }] });

/** A stream that can be read on from where a test has stopped. Closed when the test ends. */
export class Follower {
  readonly seen: StreamEvent[] = [];
  readonly #events: AsyncIterator<StreamEvent>;

  private constructor(stream: AsyncIterable<StreamEvent> & { controller: AbortController }) {
    this.#events = stream[Symbol.asyncIterator]();
    onTestFinished(() => stream.controller.abort());
  }

  static async open(
    client: Anthropic,
    id: string,
    o: Anthropic.Beta.Sessions.EventStreamParams = {},
  ): Promise<Follower> {
    return new Follower(await client.beta.sessions.events.stream(id, o));
  }

  /** What comes up to the first event that is meant. @throws Error when the stream ends before */
  async until(meant: (event: StreamEvent) => boolean): Promise<StreamEvent[]> {
    const events: StreamEvent[] = [];
    for (;;) {
      const { done, value } = await this.#events.next();
      if (done === true) throw new Error(`The stream ended after ${typesOf(this.seen).join(', ')}`);
      events.push(value);
      this.seen.push(value);
      if (meant(value)) return events;
    }
  }

  /** What comes up to the end of the stream. */
  async rest(): Promise<StreamEvent[]> {
    const events: StreamEvent[] = [];
    for (let next = await this.#events.next(); next.done !== true; next = await this.#events.next())
      events.push(next.value);
    return events;
  }
}

export const isIdle = ({ type }: StreamEvent): boolean => type === 'session.status_idle';

/** Idle with nothing that waits for the client. */
export const isOver = (event: StreamEvent): boolean =>
  event.type === 'session.status_idle' && event.stop_reason.type !== 'requires_action';

/** Idle with so many things that wait for the client. */
export const waitsFor =
  (count: number) =>
  (event: StreamEvent): boolean =>
    event.type === 'session.status_idle' &&
    event.stop_reason.type === 'requires_action' &&
    event.stop_reason.event_ids.length === count;

export const typesOf = (events: readonly { type: string }[]): string[] => events.map(({ type }) => type);

export function ofType<T extends StreamEvent['type']>(
  events: readonly StreamEvent[],
  type: T,
): Extract<StreamEvent, { type: T }>[] {
  return events.filter((event): event is Extract<StreamEvent, { type: T }> => event.type === type);
}

/** The texts of the agent's messages. */
export function answers(events: readonly StreamEvent[]): string[] {
  return ofType(events, 'agent.message').map(({ content }) =>
    content.map((block) => (block.type === 'text' ? block.text : '')).join(''),
  );
}
