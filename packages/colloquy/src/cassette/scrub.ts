import { isRecord } from '../helpers/is-record.ts';

export type ScrubOptions = {
  /** Texts that are not to be kept, besides credentials of the request and what looks like a key or a token. */
  secrets?: readonly string[] | undefined;
  /** What differs from run to run, by the name that stands for it in the cassette: `{ '<folder>': folder }`. */
  replace?: Readonly<Record<string, string>> | undefined;
};

const REMOVED = '<secret>';
/** A shorter one would be found where it is not meant. */
const LEAST_SECRET_CHARS = 8;

const LOOKS_SECRET: readonly RegExp[] = [
  /\bsk-[A-Za-z0-9_-]{16,}/g,
  /\bgh[pousr]_[A-Za-z0-9]{20,}/g,
  /\bgithub_pat_\w{20,}/g,
  /\bAKIA[0-9A-Z]{16}\b/g,
  /\bAIza[\w-]{30,}/g,
  /\bxox[abprs]-[\w-]{10,}/g,
  /\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{5,}/g,
  /(?<=\bBearer\s)[\w.~+/-]{16,}=*/gi,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?-----END [A-Z ]*PRIVATE KEY-----/g,
];

const escaped = (text: string): string => JSON.stringify(text).slice(1, -1);

/** Takes secrets out of what is kept, and puts names in the place of what differs from run to run; and back. */
export class Scrubber {
  readonly #secrets: Set<string>;
  readonly #names: readonly (readonly [name: string, value: string])[];

  constructor(o: ScrubOptions) {
    this.#secrets = new Set((o.secrets ?? []).filter(({ length }) => length > 0));
    // The longest first: a folder may lie in another.
    this.#names = Object.entries(o.replace ?? {})
      .filter(([, value]) => value !== '')
      .toSorted(([, a], [, b]) => b.length - a.length);
  }

  /** Notes the credentials that a request is sent with. */
  learn(headers: Readonly<Record<string, string>>): void {
    for (const name of ['authorization', 'x-api-key', 'proxy-authorization', 'cookie']) {
      const value = headers[name]?.replace(/^(Bearer|Basic)\s+/i, '');
      if (value !== undefined && value.length >= LEAST_SECRET_CHARS) this.#secrets.add(value);
    }
  }

  /** As it is kept. */
  readonly out = (text: string): string => {
    let clean = text;
    for (const secret of this.#secrets) clean = clean.replaceAll(secret, REMOVED).replaceAll(escaped(secret), REMOVED);
    for (const pattern of LOOKS_SECRET) clean = clean.replaceAll(pattern, REMOVED);
    for (const [name, value] of this.#names) clean = clean.replaceAll(value, name).replaceAll(escaped(value), name);
    return clean;
  };

  /** As it is given again: names are what they stand for now. */
  readonly back = (text: string, key?: string): string => {
    let given = text;
    for (const [name, value] of this.#names) {
      // Pieces of JSON within a text.
      given = given.replaceAll(name, () => (key === 'partial_json' ? escaped(value) : value));
    }
    return given;
  };

  /** The body of an answer as it is kept. What stands in several pieces of a stream is found too, and is one piece then. */
  bodyOut(body: string, contentType: string): string {
    return /event-stream/i.test(contentType) ? this.#streamOut(body) : mapped(body, this.out);
  }

  bodyBack(body: string, contentType: string): string {
    if (this.#names.length === 0) return body;
    if (!/event-stream/i.test(contentType)) return mapped(body, this.back);
    return eventTexts(body)
      .map((text) => eventOf(text, (event) => mapStrings(event, this.back)))
      .join('');
  }

  #streamOut(body: string): string {
    const texts = eventTexts(body);
    const pieces = new Map<unknown, string[]>();
    for (const text of texts) {
      const piece = pieceOf(dataOf(text));
      if (piece !== undefined) pieces.set(piece.block, [...(pieces.get(piece.block) ?? []), piece.text]);
    }
    /** Of blocks in which something is found only in the whole: what is to be given with the first piece. */
    const whole = new Map<unknown, string>();
    for (const [block, parts] of pieces) {
      const clean = this.out(parts.join(''));
      if (clean !== parts.map((part) => this.out(part)).join('')) whole.set(block, clean);
    }
    return texts
      .map((text) =>
        eventOf(text, (event) => {
          const piece = pieceOf(event);
          const replacement = piece === undefined ? undefined : whole.get(piece.block);
          if (piece === undefined || replacement === undefined) return mapStrings(event, this.out);
          whole.set(piece.block, '');
          return { ...event, delta: { ...piece.delta, [piece.field]: replacement } };
        }),
      )
      .join('');
  }
}

/** Each event with the blank line at its end; what is left of one that was cut comes last. */
export function eventTexts(body: string): string[] {
  return body.match(/[\s\S]*?\n\r?\n|[\s\S]+$/g) ?? [];
}

type Event = Record<string, unknown>;

function dataOf(text: string): Event | undefined {
  const data = /^data: ?(.*)$/m.exec(text)?.[1];
  if (data === undefined) return undefined;
  try {
    const event: unknown = JSON.parse(data);
    return isRecord(event) ? event : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The event changed; what is no event stays as it is, but for its strings. */
function eventOf(text: string, change: (event: Event) => unknown): string {
  const event = dataOf(text);
  if (event === undefined) return mapText(text, change);
  return text.replace(/^data: ?.*$/m, () => `data: ${JSON.stringify(change(event))}`);
}

function mapText(text: string, change: (event: Event) => unknown): string {
  const changed = change({ text });
  return isRecord(changed) ? String(changed['text']) : text;
}

const PIECES = ['text', 'partial_json', 'thinking'] as const;

function pieceOf(
  event: Event | undefined,
): { block: unknown; field: string; text: string; delta: Record<string, unknown> } | undefined {
  const delta = event?.['type'] === 'content_block_delta' ? event['delta'] : undefined;
  if (!isRecord(delta)) return undefined;
  const field = PIECES.find((name) => typeof delta[name] === 'string');
  return field === undefined ? undefined : { block: event?.['index'], field, text: String(delta[field]), delta };
}

function mapped(body: string, change: (text: string, key?: string) => string): string {
  try {
    return JSON.stringify(mapStrings(JSON.parse(body), change));
  } catch (error) {
    if (error instanceof SyntaxError) return change(body);
    throw error;
  }
}

/** The value with all its strings changed, names of fields excepted. */
export function mapStrings(value: unknown, change: (text: string, key?: string) => string, key?: string): unknown {
  if (typeof value === 'string') return change(value, key);
  if (Array.isArray(value)) return value.map((item) => mapStrings(item, change));
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, mapStrings(item, change, name)]));
}
