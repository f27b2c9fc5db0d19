import { expect } from 'vitest';
import type { ServerApp } from '../../src/create-app.ts';
import { clientOf, jsonOf, ORIGIN, type TestClient } from '../../src/testing/test-app.ts';
import { createSession, isResult, sendPrompt } from '../running-server.ts';
import { SseReader } from '../sse-reader.ts';

/** Where nobody listens. */
export const WEBHOOK_HOST = 'localhost:9';

/** The things of one user, made when first asked for; each carries the user's mark wherever it can carry a text. */
export class Plants {
  readonly #app: ServerApp;
  readonly #secret: string;
  readonly #client: TestClient;
  readonly mark: string;
  readonly #made = new Map<string, Promise<string>>();
  #count = 0;

  constructor(app: ServerApp, secret: string, mark: string) {
    this.#app = app;
    this.#secret = secret;
    this.#client = clientOf(app, secret);
    this.mark = mark;
  }

  /** A session with a finished turn, made on the native door. */
  session(): Promise<string> {
    return this.#once('session', async () => {
      const id = await this.newSession();
      await sendPrompt(this.#client, id, `What is ${this.mark}?`, { uuid: await this.promptUuid() });
      await this.#untilResult(id);
      return id;
    });
  }

  /** The client's name of the prompt of that session. */
  promptUuid(): Promise<string> {
    return this.#once('prompt', () => Promise.resolve(crypto.randomUUID()));
  }

  agent(): Promise<string> {
    return this.#once('agent', () => this.newAgent());
  }

  environment(): Promise<string> {
    return this.#once('environment', () => this.newEnvironment());
  }

  file(): Promise<string> {
    return this.#once('file', () => this.newFile());
  }

  /** A session of the Managed Agents API, with a file. */
  managedSession(): Promise<string> {
    return this.#once('managed', () => this.newManagedSession());
  }

  async newManagedSession(): Promise<string> {
    return this.make('/v1/sessions', {
      agent: await this.agent(),
      environment_id: await this.environment(),
      resources: [{ type: 'file', file_id: await this.file() }],
      title: this.#text(),
      metadata: { mark: this.mark },
    });
  }

  /** The id of the first thing in a list. */
  async firstOf(path: string): Promise<string> {
    const { data } = await jsonOf<{ data: { id: string }[] }>(this.#client.get(path));
    return data[0]?.id ?? 'nothing';
  }

  webhook(): Promise<string> {
    return this.#once('webhook', () => this.newWebhook());
  }

  newWebhook(): Promise<string> {
    return this.make('/v1/native/webhooks', { url: `http://${WEBHOOK_HOST}/${this.mark}` });
  }

  /** A self-hosted environment in whose queue there is work, which is stopped since its turn has ended. */
  selfHosted(): Promise<string> {
    return this.#once('self-hosted', async () => {
      const environment = await this.newEnvironment({ type: 'self_hosted' });
      const id = await this.make('/v1/sessions', {
        agent: await this.agent(),
        environment_id: environment,
        title: this.#text(),
        // Long enough for a look at the queue while it is at work.
        initial_events: [{ type: 'user.message', content: [{ type: 'text', text: `@emit 2 gap=200\n${this.mark}` }] }],
      });
      if ((await this.firstOf(`/v1/environments/${environment}/work`)) === 'nothing')
        throw new Error('No work is queued');
      await this.#untilResult(id);
      return environment;
    });
  }

  newSession(): Promise<string> {
    return createSession(this.#client, { title: this.#text(), systemPrompt: this.mark });
  }

  newAgent(): Promise<string> {
    return this.make('/v1/agents', { name: this.#text(), model: 'claude-opus-5-5', system: this.mark });
  }

  newEnvironment(config: object = { type: 'cloud' }): Promise<string> {
    return this.make('/v1/environments', { name: this.#text(), description: this.mark, config });
  }

  async newFile(): Promise<string> {
    const body = formWith(this.#text());
    const headers = { authorization: `Bearer ${this.#secret}` };
    const response = await this.#app.fetch(new Request(`${ORIGIN}/v1/files`, { method: 'POST', headers, body }));
    return idIn(response);
  }

  /** POSTs a body and gives the id of what was made. */
  async make(path: string, body: unknown): Promise<string> {
    return idIn(await this.#client.post(path, body));
  }

  async #untilResult(id: string): Promise<void> {
    const reader = new SseReader(await this.#client.get(`/v1/sessions/${id}/messages/stream`));
    await reader.until(isResult);
    await reader.close();
  }

  #once(name: string, make: () => Promise<string>): Promise<string> {
    const made = this.#made.get(name) ?? make();
    this.#made.set(name, made);
    return made;
  }

  #text(): string {
    this.#count += 1;
    return `${this.mark} ${this.#count}`;
  }
}

/** A form with a file of this text. */
export function formWith(text: string): FormData {
  const form = new FormData();
  form.set('file', new Blob([text], { type: 'text/plain' }), `${text}.txt`);
  return form;
}

async function idIn(response: Response): Promise<string> {
  expect([response.ok, response.ok ? '' : await response.text()]).toEqual([true, '']);
  return (await jsonOf<{ id: string }>(response)).id;
}
