export const HIDDEN = '(hidden)';

/** Headers that hold no credential; the values of all others are hidden. */
const SHOWN_HEADERS =
  /^(?:accept|accept-encoding|accept-language|anthropic-[a-z-]+|connection|content-encoding|content-length|content-type|host|user-agent|x-app|x-stainless-[a-z-]+|sec-fetch-[a-z]+)$/;
/** Query parameters that hold none. */
const SHOWN_PARAMETERS = /^(?:beta|limit|page|after_id|before_id|purpose)$/;
/** Fields of a body whose text is a credential, such as `mcp_servers[].authorization_token`. */
const SECRET_FIELDS =
  /^(?:x-)?(?:api[_-]?key|authorization|authorization[_-]?token|auth[_-]?token|access[_-]?token|refresh[_-]?token|client[_-]?secret|private[_-]?key|secret|password|cookie)$/i;
/** Keys of the API, wherever somebody pasted one. */
const KEYS = /\bsk-[A-Za-z0-9_-]{16,}/g;
/** Shorter ones, such as the `any` of our own examples, are words of any text. */
const MIN_SECRET_CHARS = 12;

/** Hides what could be used to ask the real API in somebody's name. */
export class Redaction {
  readonly #secrets: readonly string[];

  /** What the hidden headers of a request hold is hidden wherever else it turns up. */
  constructor(headers: Readonly<Record<string, string>>) {
    const hidden = Object.entries(headers).flatMap(([name, value]) => (SHOWN_HEADERS.test(name) ? [] : [value]));
    const tokens = hidden.flatMap((value) => [value, ...value.split(/[\s=;,]+/)]);
    this.#secrets = [...new Set(tokens)].filter((token) => token.length >= MIN_SECRET_CHARS).toSorted(longestFirst);
  }

  text(text: string): string {
    let shown = text.includes('sk-') ? text.replace(KEYS, HIDDEN) : text;
    for (const secret of this.#secrets) if (shown.includes(secret)) shown = shown.replaceAll(secret, HIDDEN);
    return shown;
  }

  headers(headers: Readonly<Record<string, string>>): Record<string, string> {
    return Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, SHOWN_HEADERS.test(name) ? this.text(value) : HIDDEN]),
    );
  }

  /** A query string without its `?`. */
  query(query: string): string {
    return query
      .split('&')
      .map((pair) => {
        const at = pair.indexOf('=');
        if (at === -1 || SHOWN_PARAMETERS.test(pair.slice(0, at))) return this.text(pair);
        return `${pair.slice(0, at)}=${HIDDEN}`;
      })
      .join('&');
  }

  /** A copy of any JSON value; what is longer than `maxChars` in one string is left out. */
  json(value: unknown, o: { maxChars: number }): unknown {
    const text = JSON.stringify(value, (field, inner: unknown) => {
      if (typeof inner !== 'string') return inner;
      if (SECRET_FIELDS.test(field)) return HIDDEN;
      const whole = this.text(inner);
      const more = whole.length - o.maxChars;
      return more > 0 ? `${whole.slice(0, o.maxChars)}… (${more} more characters)` : whole;
    });
    // Once more over the whole, for the names of fields.
    return text === undefined ? undefined : JSON.parse(this.text(text));
  }
}

function longestFirst(a: string, b: string): number {
  return b.length - a.length;
}
