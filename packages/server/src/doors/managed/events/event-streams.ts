import type { HostedSession, Live, Seq } from 'colloquy/internal';
import { HttpError } from '../../../http/http-error.ts';
import type { SessionHost } from '../../../live/session-host.ts';
import { EventConnection, eventFrame, type PreviewType } from './event-connection.ts';
import { toEventId } from './event-id.ts';
import type { EventLog } from './event-log.ts';
import { type EventsState, processed } from './events-state.ts';
import { foldEvents } from './fold-events.ts';
import { Previews } from './previews.ts';

const MAX_TRIES = 5;

type Hub = {
  session: HostedSession;
  release: () => void;
  stop: AbortController;
  connections: Set<EventConnection>;
};

type Started = Hub & { reader: AsyncIterable<readonly Live[]>; head: Seq };

/**
 * The streams that are open: for each session one reader, which folds what happens once and hands it to all connections. A connection is
 * told what comes after it was opened; it is registered before its headers go out.
 */
export class EventStreams {
  readonly #o: { host: SessionHost; log: EventLog; onError: (error: unknown) => void };
  readonly #hubs = new Map<string, Promise<Hub>>();

  constructor(o: { host: SessionHost; log: EventLog; onError: (error: unknown) => void }) {
    this.#o = o;
  }

  /** @throws SessionNotFoundError | SessionBusyError */
  async open(
    id: string,
    o: { previews: readonly PreviewType[]; signal: AbortSignal; onEnd: () => void },
    tries = MAX_TRIES,
  ): Promise<EventConnection> {
    const opening = this.#hubs.get(id) ?? this.#open(id);
    const hub = await opening;
    // It has ended meanwhile, with its last connection or with the session.
    if (this.#hubs.get(id) !== opening) {
      if (tries > 1) return this.open(id, o, tries - 1);
      throw new HttpError(503, 'The session ends as soon as it is opened; try again later');
    }
    const connection: EventConnection = new EventConnection({
      after: hub.session.head,
      previews: o.previews,
      signal: o.signal,
      onEnd: () => {
        hub.connections.delete(connection);
        if (hub.connections.size === 0) this.#close(id, opening, hub);
        o.onEnd();
      },
    });
    hub.connections.add(connection);
    if (o.signal.aborted) connection.end();
    return connection;
  }

  /** Tells those who have streams of a session open that it is deleted, and ends them. */
  async deleted(id: string): Promise<void> {
    const opening = this.#hubs.get(id);
    const hub = await opening?.catch(() => undefined);
    if (hub === undefined || opening === undefined) return;
    this.#hubs.delete(id);
    const event = processed({ type: 'session.deleted' }, toEventId(id, hub.session.head + 1), new Date().toISOString());
    for (const connection of hub.connections) {
      connection.event(eventFrame(event));
      connection.end();
    }
    hub.stop.abort();
    hub.release();
  }

  #open(id: string): Promise<Hub> {
    const opening = this.#start(id);
    this.#hubs.set(id, opening);
    opening.then(
      (hub) => void this.#run(id, opening, hub),
      () => this.#hubs.delete(id),
    );
    return opening;
  }

  async #start(id: string): Promise<Started> {
    const { session, release } = await this.#o.host.hold(id);
    const stop = new AbortController();
    // In the same moment: what comes after this entry comes from the reader.
    const { head } = session;
    const reader = session.live({ fragments: true, signal: stop.signal });
    return { session, release, stop, connections: new Set(), reader, head };
  }

  async #run(id: string, opening: Promise<Hub>, hub: Started): Promise<void> {
    try {
      const state = await this.#o.log.stateAt(id, hub.head);
      const previews = new Previews(id);
      for await (const batch of hub.reader) for (const live of batch) tell(hub, state, previews, live);
    } catch (error) {
      if (!hub.stop.signal.aborted) this.#o.onError(error);
    }
    this.#close(id, opening, hub);
  }

  /** Clients come back, and read what they have missed from the list. */
  #close(id: string, opening: Promise<Hub>, hub: Hub): void {
    if (this.#hubs.get(id) === opening) this.#hubs.delete(id);
    hub.stop.abort();
    for (const connection of hub.connections) connection.end();
    hub.release();
    if (hub.session.failure !== undefined) void this.#o.host.drop(id, hub.session);
  }
}

function tell({ connections }: Hub, state: EventsState, previews: Previews, live: Live): void {
  switch (live.type) {
    case 'entry': {
      const { entry } = live;
      previews.entry(entry);
      const events = foldEvents(state, entry);
      const frames = connections.size === 0 ? [] : events.map(({ event }) => eventFrame(event));
      for (const connection of connections) {
        if (entry.seq <= connection.after) continue;
        for (const frame of frames) connection.event(frame);
        if (events.some(({ event }) => event.type === 'session.status_terminated')) connection.end();
      }
      return;
    }
    case 'fragment': {
      const found = previews.fragment(live);
      if (found === undefined) return;
      for (const connection of connections) {
        if (found.seq <= connection.after) continue;
        for (const preview of found.previews) connection.preview(preview);
      }
      return;
    }
    case 'gap':
      previews.gap();
      return;
    case 'signal':
      return;
    default:
      live satisfies never;
  }
}
