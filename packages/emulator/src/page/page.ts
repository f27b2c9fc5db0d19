import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RecordedRequest, Recorder } from '../exchange/recorder.ts';
import type { ReplyState } from '../replies/choose-reply.ts';
import { BeTheModel } from './be-the-model.ts';
import { eventFeed, type FeedSource } from './event-feed.ts';
import { readPageFile } from './page-files.ts';
import type { SideDoor } from '../server/listen.ts';
import { AnswerError, parseAnswer } from './parse-answer.ts';
import { Redaction } from './redact.ts';
import { describeRequest } from './request-details.ts';
import { summarizeRequest, type RequestSummary } from './request-summary.ts';
import { foreignProblem } from './same-origin.ts';
import { PageError, readJson, sendEvents, sendFile, sendJson } from './page-http.ts';

/** Each open page is one; more are refused. */
const MAX_FEEDS = 32;
const PREFIX = '/_emulator/';
const FILE = /^\/_emulator\/files\/([^/]+)$/;
const REQUEST = /^\/_emulator\/requests\/([^/]+?)(?:\/(answer|release))?$/;

/** The page of an emulator: what it shows, and what a person can do with it. */
export class Page {
  readonly #instance = randomUUID();
  readonly #recorder: Recorder;
  readonly #model: BeTheModel;
  #feeds = 0;

  constructor(o: { recorder: Recorder; replies: Pick<ReplyState, 'standIn'> }) {
    this.#recorder = o.recorder;
    this.#model = new BeTheModel(o.replies);
  }

  /** For one listener; with it nobody is left who could answer for the model, so that is then turned off. */
  door(o: true | { beTheModel?: boolean | undefined }): SideDoor {
    if (o !== true && o.beTheModel) this.#model.turn(true);
    return {
      handle: (incoming, outgoing) => this.#handle(incoming, outgoing),
      close: () => this.#model.turn(false),
    };
  }

  #handle(incoming: IncomingMessage, outgoing: ServerResponse): boolean {
    const path = (incoming.url ?? '').replace(/[?#].*$/s, '');
    // Clients look with HEAD whether an API is there.
    if (!path.startsWith(PREFIX) && !(path === '/' && incoming.method === 'GET')) return false;
    this.#answer(path, incoming, outgoing).catch((error: unknown) => {
      if (outgoing.headersSent) outgoing.destroy();
      else if (error instanceof PageError) sendJson(outgoing, error.status, { error: error.message });
      else sendJson(outgoing, 500, { error: `The page failed: ${String(error)}` });
    });
    return true;
  }

  async #answer(path: string, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const name = path === '/' ? 'index.html' : FILE.exec(path)?.[1];
    const problem = foreignProblem(incoming, name === undefined ? 'data' : 'file');
    if (problem !== undefined) throw new PageError(403, problem);
    if (name !== undefined) {
      demandMethod(incoming, 'GET');
      const file = (await readPageFile(name)) ?? notFound(path);
      sendFile(outgoing, file);
      return;
    }
    if (path === '/_emulator/events') {
      demandMethod(incoming, 'GET');
      await this.#sendFeed(outgoing);
      return;
    }
    if (path === '/_emulator/be-the-model') {
      demandMethod(incoming, 'POST');
      const { on } = await readJson(incoming);
      if (typeof on !== 'boolean') throw new PageError(400, 'on: must be true or false');
      this.#model.turn(on);
      sendJson(outgoing, 200, { on });
      return;
    }
    const [, id, act] = REQUEST.exec(path) ?? notFound(path);
    const recorded = this.#recorder.requests.findLast(({ requestId }) => requestId === id) ?? notFound(path);
    demandMethod(incoming, act === undefined ? 'GET' : 'POST');
    if (act === undefined) sendJson(outgoing, 200, this.#describe(recorded));
    else await this.#settle(recorded.requestId, act, incoming, outgoing);
  }

  async #settle(id: string, act: string, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const typed = await readJson(incoming);
    const waiting = this.#model.waiting(id);
    const reply = waiting && act === 'answer' ? parsed(() => parseAnswer(typed, waiting.request)) : undefined;
    if (!this.#model.answer(id, reply)) throw new PageError(409, 'This request does not wait any more');
    sendJson(outgoing, 200, {});
  }

  async #sendFeed(outgoing: ServerResponse): Promise<void> {
    if (this.#feeds >= MAX_FEEDS) throw new PageError(503, `${MAX_FEEDS} pages are open already`);
    this.#feeds += 1;
    try {
      const source: FeedSource = {
        instance: this.#instance,
        recorder: this.#recorder,
        model: this.#model,
        summarize: (request) => this.#summarize(request),
      };
      await sendEvents(outgoing, (signal) => eventFeed(source, signal));
    } finally {
      this.#feeds -= 1;
    }
  }

  #summarize(recorded: RecordedRequest, redaction = new Redaction(recorded.headers)): RequestSummary {
    return summarizeRequest(recorded, {
      outcome: this.#recorder.outcomeOf(recorded),
      waitsUntilMs: this.#model.waiting(recorded.requestId)?.untilMs,
      redaction,
    });
  }

  #describe(recorded: RecordedRequest): unknown {
    const redaction = new Redaction(recorded.headers);
    return describeRequest(recorded, {
      outcome: this.#recorder.outcomeOf(recorded),
      summary: this.#summarize(recorded, redaction),
      redaction,
    });
  }
}

function parsed<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof AnswerError) throw new PageError(400, error.message);
    throw error;
  }
}

function demandMethod(incoming: IncomingMessage, method: 'GET' | 'POST'): void {
  if (incoming.method !== method) throw new PageError(405, `Only ${method} is possible here`);
}

function notFound(path: string): never {
  throw new PageError(404, `There is no ${path}`);
}
