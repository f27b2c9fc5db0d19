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
  /sk-ant-[A-Za-z0-9_-]{10,}/g,
  /\bsk-[A-Za-z0-9_-]{16,}/g,
  /\bgh[pousr]_[A-Za-z0-9]{20,}/g,
  /\bgithub_pat_\w{20,}/g,
  /\bA[KS]IA[0-9A-Z]{16}\b/g,
  /\bAIza[\w-]{30,}/g,
  /\bxox[abprs]-[\w-]{10,}/g,
  /\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{5,}/g,
  /(?<=\bBearer\s)[\w.~+/-]{16,}=*/gi,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?-----END [A-Z ]*PRIVATE KEY-----/g,
];

const escaped = (text: string): string => JSON.stringify(text).slice(1, -1);

/** How a secret may stand in a text: as it is, in JSON, in an address, and, wherever it begins there, in base64. */
function formsOf(secret: string): string[] {
  const coded = secret.length < LEAST_SECRET_CHARS ? [] : [0, 1, 2].map((shift) => coreOfBase64(secret, shift));
  const urlSafe = coded.map((core) => core.replaceAll('+', '-').replaceAll('/', '_'));
  return [
    ...new Set([
      secret,
      escaped(secret),
      encodeURIComponent(secret.replace(/\p{Surrogate}/gu, '\ufffd')),
      ...coded,
      ...urlSafe,
    ]),
  ];
}

/** The characters of base64 that are the secret's alone when `shift` bytes (modulo 3) stand before it. */
function coreOfBase64(secret: string, shift: number): string {
  const bytes = Buffer.concat([Buffer.alloc(shift), Buffer.from(secret)]);
  return bytes.toString('base64').slice(Math.ceil((shift * 8) / 6), Math.floor((bytes.length * 8) / 6));
}

/** Takes secrets out of what is kept, and puts names in the place of what differs from run to run; and back. */
export class Scrubber {
  readonly #secrets = new Set<string>();
  /** The longest first: a form may lie in another. */
  #forms: readonly string[] = [];
  readonly #names: readonly (readonly [name: string, value: string])[];

  constructor(o: ScrubOptions) {
    this.#add((o.secrets ?? []).filter(({ length }) => length > 0));
    // The longest first: a folder may lie in another.
    this.#names = Object.entries(o.replace ?? {})
      .filter(([, value]) => value !== '')
      .toSorted(([, a], [, b]) => b.length - a.length);
  }

  /** Notes the credentials that a request is sent with. */
  learn(headers: Readonly<Record<string, string>>): void {
    const values = ['authorization', 'x-api-key', 'proxy-authorization', 'cookie'].map(
      (name) => headers[name]?.replace(/^(Bearer|Basic)\s+/i, '') ?? '',
    );
    this.#add(values.filter(({ length }) => length >= LEAST_SECRET_CHARS));
  }

  #add(secrets: readonly string[]): void {
    const added = secrets.filter((one) => !this.#secrets.has(one));
    if (added.length === 0) return;
    for (const one of added) this.#secrets.add(one);
    this.#forms = [...this.#secrets].flatMap(formsOf).toSorted((a, b) => b.length - a.length);
  }

  /** As it is kept. */
  readonly out = (text: string): string => {
    let clean = this.#withoutSecrets(text);
    for (const [name, value] of this.#names) clean = clean.replaceAll(value, name).replaceAll(escaped(value), name);
    return clean;
  };

  /** The value as it is kept, secrets in names of its fields included. */
  clean(value: unknown): unknown {
    return mapStrings(value, this.out, this.#withoutSecrets);
  }

  readonly #withoutSecrets = (text: string): string => {
    let clean = text;
    for (const form of this.#forms) clean = clean.replaceAll(form, REMOVED);
    for (const pattern of LOOKS_SECRET) clean = clean.replaceAll(pattern, REMOVED);
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
    return /event-stream/i.test(contentType)
      ? this.#streamOut(body)
      : mapped(body, this.out, (value) => this.clean(value));
  }

  bodyBack(body: string, contentType: string): string {
    if (this.#names.length === 0) return body;
    const back = (value: unknown): unknown => mapStrings(value, this.back);
    if (!/event-stream/i.test(contentType)) return mapped(body, this.back, back);
    return eventTexts(body)
      .map((text) => eventOf(text, back))
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
          if (piece === undefined || replacement === undefined) return this.clean(event);
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

function mapped(body: string, change: (text: string) => string, changeAll: (value: unknown) => unknown): string {
  try {
    return JSON.stringify(changeAll(JSON.parse(body)));
  } catch (error) {
    if (error instanceof SyntaxError) return change(body);
    throw error;
  }
}

/** The value with all its strings changed, names of fields only by `changeName`. */
export function mapStrings(
  value: unknown,
  change: (text: string, key?: string) => string,
  changeName: (name: string) => string = (name) => name,
): unknown {
  const map = (item: unknown, key?: string): unknown => {
    if (typeof item === 'string') return change(item, key);
    if (Array.isArray(item)) return item.map((one) => map(one));
    if (!isRecord(item)) return item;
    return Object.fromEntries(Object.entries(item).map(([name, one]) => [changeName(name), map(one, name)]));
  };
  return map(value);
}
