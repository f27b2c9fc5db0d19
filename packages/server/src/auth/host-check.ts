/** The names that a request may call this server by. */
export type KnownHosts = {
  /** The port we listen on; undefined when another server mounts us and we do not know it. */
  port: number | undefined;
  /** Further `Host` values, exactly as browsers send them: `chat.example.org`, `chat.example.org:8443`. */
  names: ReadonlySet<string>;
};

const LOOPBACK = /^(127\.0\.0\.1|localhost|\[::1\])(?::([1-9][0-9]{0,4}))?$/;
const HTTP_PORT = 80;

/**
 * Whether a `Host` value names this server: a loopback name with our port, or one of the configured names.
 * Browsers send one spelling only, so nothing is normalised but the case: a form we do not know is refused.
 * This is what stops a page of another site whose name has been made to point at 127.0.0.1.
 */
export function isKnownHost(host: string, known: KnownHosts): boolean {
  const spelled = host.toLowerCase();
  if (known.names.has(spelled)) return true;
  const loopback = LOOPBACK.exec(spelled);
  if (loopback === null) return false;
  const port = loopback[2] === undefined ? HTTP_PORT : Number(loopback[2]);
  return known.port === undefined || port === known.port;
}

/** How browsers write the addresses of this machine that a server may listen on; other addresses have no entry. */
export const LOOPBACK_HOSTS: ReadonlyMap<string, string> = new Map([
  ['127.0.0.1', '127.0.0.1'],
  ['localhost', 'localhost'],
  ['::1', '[::1]'],
]);
