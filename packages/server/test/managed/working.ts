import type Anthropic from '@anthropic-ai/sdk';
import { expect } from 'vitest';
import { newSession } from './conversing.ts';
import type { Managed } from './fixture.ts';

// What tests of the work queue have in common: environments of workers, their keys, and workers by hand.

export type Work = Anthropic.Beta.Environments.BetaSelfHostedWork;

export const TOOLSET = { type: 'agent_toolset_20260401' as const };

export type Queue = {
  session: string;
  environment: string;
  /** The worker's standing credential. */
  key: string;
  /** The official client of a worker. */
  worker: Anthropic;
};

/** A session in an environment of workers, and such a worker's key. */
export async function newQueue(
  server: Pick<Managed, 'client' | 'clientWith' | 'fetch'>,
  tools: NonNullable<Anthropic.Beta.AgentCreateParams['tools']> = [TOOLSET],
): Promise<Queue> {
  const session = await newSession(server, { agent: { tools }, selfHosted: true });
  const environment = session.environment_id;
  const key = await workerKey(server, environment);
  return { session: session.id, environment, key, worker: server.clientWith('', { apiKey: null, authToken: key }) };
}

/** A key for the work of one environment, as `POST /v1/native/keys` makes it. */
export async function workerKey(server: Pick<Managed, 'fetch'>, environment_id: string): Promise<string> {
  const response = await server.fetch('/v1/native/keys', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: `worker ${crypto.randomUUID()}`, environment_id }),
  });
  expect(response.status).toBe(201);
  const { secret } = (await response.json()) as { secret: string };
  return secret;
}

/** Takes the next item, which there has to be. */
export async function take(
  { worker, environment }: Pick<Queue, 'worker' | 'environment'>,
  o: Anthropic.Beta.Environments.WorkPollParams = { block_ms: 999 },
): Promise<Work> {
  const work = await worker.beta.environments.work.poll(environment, o);
  if (work === null) throw new Error('There is no work');
  return work;
}

/** The client that an item's secret makes, good for its session. */
export function clientOf(server: Managed, { secret }: Work): Anthropic {
  const { sessions_token } = JSON.parse(Buffer.from(secret ?? '', 'base64url').toString()) as {
    sessions_token: string;
  };
  return server.clientWith('', { apiKey: null, authToken: sessions_token });
}
