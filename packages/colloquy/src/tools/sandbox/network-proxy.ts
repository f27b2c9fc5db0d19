import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { messageOf } from '../../helpers/message-of.ts';
import { within } from '../../helpers/within.ts';
import type { SandboxSettings } from '../../options/sandbox.ts';
import { childEnvironment } from '../child-environment.ts';
import type { SandboxParts } from './find-parts.ts';
import { PROXY_PORT } from './sandbox-arguments.ts';
import { words } from './words.ts';

/** A proxy that lets commands of one session reach the hosts that are allowed. */
export type NetworkProxy = {
  /** The Unix socket by which it is reached. */
  socket: string;
  /** What makes programs use it. */
  env: Record<string, string>;
  close(): Promise<void>;
};

type Network = NonNullable<SandboxSettings['network']>;

/** How this machine reaches the network, if not directly. */
const WAY_OUT = words(`
  HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY http_proxy https_proxy all_proxy no_proxy NODE_EXTRA_CA_CERTS
`);

const START_WITHIN_MS = 15_000;
const END_WITHIN_MS = 3_000;

/**
 * The sandbox runtime has one proxy with one set of rules per process, so that each session has a process of its own. It ends when
 * its input does, and so with us.
 */
const PROGRAM = `
const { SandboxManager } = await import(process.argv[1]);
const { network, ripgrep } = JSON.parse(process.argv[2]);
const end = async () => { await SandboxManager.reset(); process.exit(0); };
process.stdin.on('end', end).on('error', end).resume();
try {
  await SandboxManager.initialize({ network, filesystem: { denyRead: [], allowWrite: [], denyWrite: [] }, ripgrep });
  const told = { socket: SandboxManager.getLinuxHttpSocketPath(), token: SandboxManager.getProxyAuthToken() };
  process.stdout.write(JSON.stringify(told) + '\\n');
} catch (error) {
  process.stdout.write(JSON.stringify({ problem: String(error && error.message || error) }) + '\\n');
  process.exit(1);
}
`;

/** @throws Error that says what is missing */
export async function startProxy(parts: SandboxParts, network: Network): Promise<NetworkProxy> {
  if (parts.socat === undefined)
    throw new Error('`sandbox.network.allowedDomains` needs socat, which is not on PATH; install the package socat.');
  const { rgPath } = await import('@vscode/ripgrep');
  const rules = { allowedDomains: network.allowedDomains ?? [], deniedDomains: network.deniedDomains ?? [] };
  const config = JSON.stringify({ network: rules, ripgrep: { command: rgPath } });
  const child = spawn(process.execPath, ['--input-type=module', '--eval', PROGRAM, parts.runtime, config], {
    cwd: '/',
    env: { ...childEnvironment(process.env, '/'), ...pick(process.env, WAY_OUT) },
    detached: true,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  child.on('error', () => {});
  child.stdin.on('error', () => {});
  child.unref();
  try {
    const { socket, token } = await firstNews(child);
    return { socket, env: proxyVariables(token, rules.allowedDomains), close: () => endProxy(child) };
  } catch (error) {
    await endProxy(child);
    throw new Error(`The proxy of the sandbox could not be started: ${messageOf(error)}`, { cause: error });
  }
}

function pick(env: NodeJS.ProcessEnv, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

async function firstNews(child: ChildProcess): Promise<{ socket: string; token: string }> {
  if (child.stdout === null) throw new Error('it has no output');
  const lines = createInterface({ input: child.stdout });
  const news = await Promise.race([
    once(lines, 'line').then(([line]) => String(line)),
    once(child, 'exit').then(() => '{"problem":"it ended at once"}'),
    within(START_WITHIN_MS, new Promise<never>(() => {})).then(() => '{"problem":"it did not begin to work"}'),
  ]);
  lines.close();
  const told: unknown = JSON.parse(news);
  if (typeof told !== 'object' || told === null) throw new Error('it said what is not understood');
  if ('socket' in told && 'token' in told) return { socket: String(told.socket), token: String(told.token) };
  throw new Error('problem' in told ? String(told.problem) : 'it said what is not understood');
}

async function endProxy(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.stdin?.end();
  await within(END_WITHIN_MS, ended);
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  child.stdout?.destroy();
}

/** Names of this machine that are not allowed stay inside, so that a command can reach what it has started itself. */
function proxyVariables(token: string, allowed: readonly string[]): Record<string, string> {
  const address = `srt:${token}@127.0.0.1:${PROXY_PORT}`;
  const inside = ['localhost', '127.0.0.1', '::1'].filter((name) => !allowed.some((domain) => domain.includes(name)));
  const values = {
    HTTP_PROXY: `http://${address}`,
    HTTPS_PROXY: `http://${address}`,
    ALL_PROXY: `http://${address}`,
    NO_PROXY: inside.join(','),
  };
  const lower = Object.fromEntries(Object.entries(values).map(([name, value]) => [name.toLowerCase(), value]));
  // Node's own client looks at the variables only when it is told to.
  return { ...values, ...lower, NODE_USE_ENV_PROXY: '1' };
}
