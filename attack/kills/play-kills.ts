import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createEmulator } from '@colloquy/emulator';
import type { Entry } from 'colloquy/internal';
import { Random } from '../streams/random.ts';
import { Served } from './served.ts';

const POLL_MS = 20;
/** The prompts that pile up under 200 kills take minutes. */
const SETTLE_WITHIN_MS = 600_000;
/** Appends of one round of prompts are about eight a session; a death is somewhere among them. */
const APPENDS_PER_SESSION = 8;

export type KillOptions = { points: number; sessions: number; seed: number; onRound?: (round: number) => void };
export type Played = { kills: number; accepted: number; effects: number; asked: number; flaws: string[] };

/** A prompt as its client knows it. `key` and `body` stay the same when it is sent again, because its answer was lost. */
type Prompt = { uuid: string; session: string; body: object; path: string };

/**
 * Holds conversations with a server that is killed at one point after another, each point a write of its store, and looks at what is
 * left: every accepted prompt once in the log and once answered, no command run twice, every pending question still open.
 */
export async function playKills(o: KillOptions): Promise<Played> {
  const folder = await mkdtemp(join(tmpdir(), 'colloquy-kills-'));
  await mkdir(join(folder, 'work'));
  const emulator = createEmulator();
  const model = await emulator.listen();
  const drill = new Drill({ folder, modelUrl: model.url, random: new Random(o.seed), sessions: o.sessions });
  try {
    for (let round = 0; round < o.points && drill.flaws.length === 0; round += 1) {
      await drill.round(round);
      o.onRound?.(round);
    }
    await drill.settle();
    const { kills, accepted, asked, flaws } = drill;
    return { kills, accepted: accepted.length, effects: await drill.countEffects(), asked, flaws };
  } finally {
    await drill.end();
    await model.close();
    await rm(folder, { recursive: true, force: true });
  }
}

class Drill {
  readonly flaws: string[] = [];
  /** Acknowledged with a 2xx. */
  readonly accepted: Prompt[] = [];
  kills = 0;
  asked = 0;
  readonly #o: { folder: string; modelUrl: string; random: Random; sessions: number };
  readonly #sessions: string[] = [];
  /** Sent, and not acknowledged before the server died. */
  #unanswered: Prompt[] = [];
  /** Questions that were seen open and that nobody has tried to answer. */
  readonly #waiting = new Set<string>();
  #secret: string | undefined;
  #served: Served | undefined;

  constructor(o: { folder: string; modelUrl: string; random: Random; sessions: number }) {
    this.#o = o;
  }

  /** Starts the server with a death ahead of it, and talks to it until it has died. */
  async round(round: number): Promise<void> {
    const { random, sessions } = this.#o;
    const killAt = random.whole(1, sessions * APPENDS_PER_SESSION);
    const served = await this.#start(killAt);
    const pending = await this.#pending(served);
    const talking = Promise.allSettled([...this.#again(served), ...this.#talk(served, round, pending)]);
    await Promise.race([served.died, talking.then(() => delay(500))]);
    await served.kill();
    this.kills += 1;
    for (const outcome of await talking) if (outcome.status === 'rejected') this.flaws.push(String(outcome.reason));
  }

  /** A last server that nobody kills: everything comes to its end, and is looked at. */
  async settle(): Promise<void> {
    const served = await this.#start(0);
    await Promise.all(this.#again(served));
    for (const session of this.#sessions) await this.#say(served, this.#prompt(session, '@say The end.'));
    const until = Date.now() + SETTLE_WITHIN_MS;
    for (const session of this.#sessions) await this.#untilIdle(served, session, until);
    for (const session of this.#sessions) await this.#look(served, session);
    await this.#lookAtEffects();
  }

  async end(): Promise<void> {
    await this.#served?.kill();
  }

  async countEffects(): Promise<number> {
    return (await this.#effects()).length;
  }

  async #start(killAt: number): Promise<Served> {
    const { folder, modelUrl, sessions } = this.#o;
    const { served, secret } = await Served.start(
      { folder, modelUrl, killAt: this.#secret === undefined ? 0 : killAt },
      this.#secret,
    );
    this.#secret = secret;
    this.#served = served;
    if (this.#sessions.length > 0) return served;
    // The first of all only makes the sessions.
    for (let n = 0; n < sessions; n += 1) {
      const made = await served.ask('POST', '/v1/native/sessions', {});
      if (made?.body.id === undefined) throw new Error('No session was made');
      this.#sessions.push(made.body.id);
    }
    await served.kill();
    return this.#start(killAt);
  }

  /** What was sent and not acknowledged is sent again, as a client does. */
  #again(served: Served): Promise<void>[] {
    const again = this.#unanswered;
    this.#unanswered = [];
    return again.map((prompt) => this.#say(served, prompt));
  }

  /** One more prompt a session, of one kind or another; and answers to some questions that are open. */
  #talk(served: Served, round: number, pending: { session: string; request: number }[]): Promise<void>[] {
    const { random } = this.#o;
    const answers = pending
      .filter(() => random.chance(0.5))
      .map(async ({ session, request }) => {
        this.#waiting.delete(nameOf({ session, request }));
        const decision = random.chance(0.5) ? { behavior: 'allow' } : { behavior: 'deny', message: 'No.' };
        const answer = await served.ask('POST', `/v1/sessions/${session}/answers`, { request, decision });
        if (answer !== undefined && answer.status !== 200)
          this.flaws.push(`an open question could not be answered: ${JSON.stringify(answer.body)}`);
      });
    const prompts = this.#sessions
      .filter(() => random.chance(0.6))
      .map((session) => this.#say(served, this.#prompt(session, this.#text(round))));
    return [...answers, ...prompts];
  }

  #text(round: number): string {
    const { random } = this.#o;
    const id = `${round}-${randomUUID()}`;
    const what = random.next();
    if (what < 0.4) return `@say An answer to ${id}.`;
    // Allowed by a rule.
    if (what < 0.75) return `@tool Bash {"command":"echo ${id} >> effects.txt"}`;
    // Asked about.
    if (what < 0.9) return `@tool Write {"file_path":"asked-${id}","content":"x"}`;
    return `@emit 30 gap=5`;
  }

  #prompt(session: string, text: string): Prompt {
    const uuid = randomUUID();
    const body = { type: 'user', message: { role: 'user', content: text }, uuid };
    return { uuid, session, body, path: `/v1/sessions/${session}/messages` };
  }

  async #say(served: Served, prompt: Prompt): Promise<void> {
    const answer = await served.ask('POST', prompt.path, prompt.body, prompt.uuid);
    if (answer === undefined) this.#unanswered.push(prompt);
    else if (answer.status === 202) this.accepted.push(prompt);
    else this.flaws.push(`a prompt was answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  }

  /** The questions that are open: those of before the death among them. */
  async #pending(served: Served): Promise<{ session: string; request: number }[]> {
    const found: { session: string; request: number }[] = [];
    for (const session of this.#sessions) {
      const answer = await served.ask('GET', `/v1/native/sessions/${session}/pending`);
      for (const { request } of answer?.body.requests ?? []) found.push({ session, request });
    }
    this.asked += found.length;
    await this.#lookAtWaiting(served, found);
    return found;
  }

  async #lookAtWaiting(served: Served, found: readonly { session: string; request: number }[]): Promise<void> {
    const open = new Set(found.map(nameOf));
    // A server that has died meanwhile has told nothing of its last sessions.
    if ((await served.ask('GET', '/v1/native/info')) === undefined) return;
    for (const name of this.#waiting) if (!open.has(name)) this.flaws.push(`the open question ${name} is gone`);
    for (const name of open) this.#waiting.add(name);
  }

  async #untilIdle(served: Served, session: string, until: number): Promise<void> {
    for (;;) {
      const { requests = [] } = (await served.ask('GET', `/v1/native/sessions/${session}/pending`))?.body ?? {};
      for (const { request } of requests) {
        await served.ask('POST', `/v1/sessions/${session}/answers`, {
          request,
          decision: { behavior: 'deny', message: 'The end.' },
        });
      }
      const entries = await this.#log(served, session);
      if (entries.length > 0 && isFinished(entries)) return;
      if (Date.now() > until) {
        this.flaws.push(
          `${session} does not come to its end: ${entries
            .slice(-5)
            .map(({ kind }) => kind)
            .join(', ')}`,
        );
        return;
      }
      await delay(POLL_MS);
    }
  }

  async #log(served: Served, session: string): Promise<Entry[]> {
    const entries: Entry[] = [];
    for (;;) {
      const page = await served.ask('GET', `/v1/sessions/${session}/log?after=${entries.length}&limit=1000`);
      const data = page?.body.data ?? [];
      entries.push(...data);
      if (data.length < 1_000) return entries;
    }
  }

  async #look(served: Served, session: string): Promise<void> {
    const entries = await this.#log(served, session);
    const written = entries.flatMap((entry) => (entry.kind === 'prompt' ? [entry.uuid] : []));
    for (const { uuid } of this.accepted.filter((prompt) => prompt.session === session)) {
      const times = written.filter((other) => other === uuid).length;
      if (times !== 1) this.flaws.push(`an accepted prompt stands ${times} times in the log of ${session}`);
    }
    const taken = entries.flatMap((entry) => (entry.kind === 'prompt_taken' ? [entry.prompt] : []));
    if (new Set(taken).size !== taken.length) this.flaws.push(`a prompt was taken by two turns in ${session}`);
    const open = new Set(entries.flatMap((entry) => (entry.kind === 'turn_start' ? [entry.turn] : [])));
    for (const entry of entries) if (entry.kind === 'turn_end') open.delete(entry.turn);
    if (open.size > 0) this.flaws.push(`${open.size} turns of ${session} have no end`);
    const intents = entries.flatMap((entry) => (entry.kind === 'tool_intent' ? [entry.toolUseId] : []));
    if (new Set(intents).size !== intents.length) this.flaws.push(`a call was begun twice in ${session}`);
  }

  async #effects(): Promise<string[]> {
    const text = await readFile(join(this.#o.folder, 'work', 'effects.txt'), 'utf8').catch(() => '');
    return text.split('\n').filter((line) => line !== '');
  }

  async #lookAtEffects(): Promise<void> {
    const effects = await this.#effects();
    const twice = effects.length - new Set(effects).size;
    if (twice > 0) this.flaws.push(`${twice} commands ran twice`);
  }
}

function nameOf({ session, request }: { session: string; request: number }): string {
  return `${session} ${request}`;
}

/** The newest prompt has its turn, and that has its end. */
function isFinished(entries: readonly Entry[]): boolean {
  const prompts = entries.filter((entry) => entry.kind === 'prompt').map(({ seq }) => seq);
  const settled = new Set(
    entries.flatMap((entry) =>
      entry.kind === 'prompt_taken' || entry.kind === 'prompt_withdrawn' ? [entry.prompt] : [],
    ),
  );
  const lastStart = entries.findLastIndex(({ kind, thread }) => kind === 'turn_start' && thread === 'main');
  const lastEnd = entries.findLastIndex(({ kind, thread }) => kind === 'turn_end' && thread === 'main');
  return prompts.every((seq) => settled.has(seq)) && lastEnd > lastStart;
}
