import { isRecord } from '../helpers/is-record.ts';

/** The Colloquy server that runs the conversations, with `engine: 'remote'`. */
export type ServerConnection = {
  /** Its origin, such as `https://chat.example.org`, with a path before its routes if it is mounted below one. */
  url: string;
  /**
   * An API key, sent as a bearer token; as a function it is asked for with every request. Absent: nothing is sent, but a browser sends
   * the cookie of a page that the server itself has served.
   */
  key?: string | (() => string | Promise<string>) | undefined;
};

/** Says what a value would have to be to name a server, after "must be "; undefined when it is fine. */
export function checkServer(value: unknown): string | undefined {
  const wanted = '{ url, key? }, with the http or https address of a Colloquy server';
  if (!isRecord(value) || typeof value['url'] !== 'string' || !URL.canParse(value['url'])) return wanted;
  const other = Object.keys(value).find((name) => name !== 'url' && name !== 'key' && value[name] !== undefined);
  if (other !== undefined) return `{ url, key? } and nothing else; \`${other}\` is not known`;
  const { protocol, username, password, search, hash } = new URL(value['url']);
  if (protocol !== 'http:' && protocol !== 'https:') return wanted;
  if (username !== '' || password !== '') return 'an address without a credential in it; give that as `key`';
  if (search !== '' || hash !== '') return 'an address without a query and a fragment';
  const { key } = value;
  const isKey = key === undefined || typeof key === 'function' || (typeof key === 'string' && key.trim() !== '');
  return isKey ? undefined : 'given with `key` as a string that is not empty, or a function';
}
