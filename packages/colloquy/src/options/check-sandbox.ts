import { isRecord } from '../helpers/is-record.ts';
import { nearestName } from '../helpers/nearest-name.ts';

type Check = (value: unknown) => string | undefined;

const boolean: Check = (value) => (typeof value === 'boolean' ? undefined : 'true or false');
const texts: Check = (value) =>
  isTexts(value) ? undefined : 'an array of strings that are not empty, without zero bytes';
const paths: Check = (value) => {
  if (!isTexts(value)) return 'an array of paths';
  const pattern = value.find((path) => /[*?[\]{}]/.test(path.replace(/\/\*\*?$/, '')));
  return pattern === undefined
    ? undefined
    : `made of paths of files and folders; ${JSON.stringify(pattern)} is a pattern`;
};
const lists: Check = (value) =>
  isRecord(value) && Object.values(value).every(isTexts)
    ? undefined
    : 'an object with an array of strings for each key';

const SHAPE: Record<string, Check> = {
  enabled: boolean,
  failIfUnavailable: boolean,
  autoAllowBashIfSandboxed: boolean,
  allowUnsandboxedCommands: boolean,
  excludedCommands: texts,
  ignoreViolations: lists,
  network: part('network', {
    allowedDomains: checkDomains,
    deniedDomains: checkDomains,
    allowAllUnixSockets: boolean,
    allowLocalBinding: boolean,
  }),
  filesystem: part('filesystem', { allowWrite: paths, denyWrite: paths, allowRead: paths, denyRead: paths }),
  credentials: part('credentials', {
    files: (value) => secrets(value, 'path'),
    envVars: (value) => secrets(value, 'name'),
  }),
};

/** Fields of the official type that are refused, each with what to do instead: a program that sets one counts on it. */
const REFUSED: Record<string, string> = {
  enableWeakerNestedSandbox: 'a weaker sandbox would be no sandbox to rely on',
  enableWeakerNetworkIsolation: 'a weaker sandbox would be no sandbox to rely on',
  ripgrep: 'the sandbox searches for nothing',
  bwrapPath: 'bwrap is taken from PATH',
  socatPath: 'socat is taken from PATH',
  'network.strictAllowlist': 'what is not in `allowedDomains` is never asked about here, so leave it out',
  'network.allowManagedDomainsOnly': 'there are no managed settings',
  'network.allowUnixSockets': 'sockets cannot be told apart on Linux; `allowAllUnixSockets` allows all of them',
  'network.allowMachLookup': 'it is of macOS, where there is no sandbox yet',
  'network.httpProxyPort': 'the sandbox brings its own proxy',
  'network.socksProxyPort': 'the sandbox brings its own proxy',
  'network.tlsTerminate': 'connections are not opened',
  'filesystem.disabled': 'files are always confined; `allowWrite` and `allowRead` widen what may be touched',
  'filesystem.allowManagedReadPathsOnly': 'there are no managed settings',
};

/** Says what option `sandbox` would have to be, after "must be "; undefined when it is fine. */
export function checkSandbox(value: unknown): string | undefined {
  return checkPart(value, '', SHAPE);
}

function part(name: string, shape: Record<string, Check>): Check {
  return (value) => checkPart(value, `${name}.`, shape);
}

function checkPart(value: unknown, prefix: string, shape: Record<string, Check>): string | undefined {
  if (!isRecord(value)) return prefix === '' ? 'an object such as { enabled: true }' : 'an object';
  for (const [key, field] of Object.entries(value)) {
    const name = `${prefix}${key}`;
    if (field === undefined) continue;
    const check = Object.hasOwn(shape, key) ? shape[key] : undefined;
    if (check === undefined) return `without \`${name}\`${whyRefused(name, key, Object.keys(shape))}`;
    const wanted = check(field);
    if (wanted !== undefined)
      return wanted.startsWith('given with') || wanted.startsWith('without')
        ? wanted
        : `given with \`${name}\` as ${wanted}`;
  }
  return undefined;
}

function whyRefused(name: string, key: string, known: string[]): string {
  const why = Object.hasOwn(REFUSED, name) ? REFUSED[name] : undefined;
  if (why !== undefined) return `, which is not supported: ${why}`;
  const meant = nearestName(key, known);
  return meant === undefined ? ', which is not known' : `, which is not known; did you mean \`${meant}\`?`;
}

/** As the proxy of the sandbox takes them: a name, one below a name (`*.`), or an address; with a port or without. */
const DOMAIN =
  /^(?:localhost|\[[\da-f:.]+\]|(?:\*\.)?[\da-z_](?:[\da-z_-]{0,62})(?:\.[\da-z_](?:[\da-z_-]{0,62}))+)(?::[1-9]\d{0,4})?$/i;

function checkDomains(value: unknown): string | undefined {
  if (!isTexts(value)) return 'an array of hosts';
  const wrong = value.find((domain) => !DOMAIN.test(domain) || /^\*\.[^.]+$/.test(domain));
  return wrong === undefined
    ? undefined
    : `made of hosts such as example.org, *.example.org or 127.0.0.1:8080; ${JSON.stringify(wrong)} is none`;
}

function secrets(value: unknown, key: 'path' | 'name'): string | undefined {
  const wanted = `an array of { ${key}, mode: 'deny' }`;
  if (!Array.isArray(value)) return wanted;
  for (const entry of value as unknown[]) {
    if (!isRecord(entry) || !isTexts([entry[key]])) return wanted;
    if (entry['mode'] !== 'deny') return `${wanted}; secrets are not masked here, only kept away`;
    const other = Object.keys(entry).find((name) => name !== key && name !== 'mode' && entry[name] !== undefined);
    if (other !== undefined) return `${wanted}; \`${other}\` is not supported`;
  }
  return key === 'path' ? paths(value.map((entry: { path: string }) => entry.path)) : undefined;
}

function isTexts(value: unknown): value is string[] {
  return (
    Array.isArray(value) &&
    value.every((item) => typeof item === 'string' && item.trim() !== '' && !item.includes('\0'))
  );
}
