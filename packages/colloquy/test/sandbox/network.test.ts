import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createField, needSandbox, play, tell, WITHOUT } from './sandbox-scene.ts';

type Listening = AsyncDisposable & { port: number };

async function listening(server: Server, at: { host: string; port: number } | { path: string }): Promise<Listening> {
  server.listen(at);
  await once(server, 'listening');
  return {
    port: 'path' in at ? 0 : (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.close();
      await once(server, 'close');
    },
  };
}

const greeter = (): Server => createHttpServer((_, response) => response.setHeader('connection', 'close').end('hello'));

/** An address of this machine that is not loopback. */
function ownAddress(): string | undefined {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ internal, family }) => !internal && family === 'IPv4')?.address;
}

/** A request by the shell itself, which knows of no proxy. */
const plainRequest = (host: string, port: number): string =>
  `exec 9<>/dev/tcp/${host}/${port} && printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&9 && cat <&9 | tail -1`;
const fetching = (url: string): string =>
  `node -e "fetch('${url}').then(async (r) => console.log(r.status, await r.text()))"`;

const NO_NETWORK =
  '[The sandbox has no network, neither to other machines nor to programs on this one outside of it; the setting `sandbox.network.allowedDomains` would allow hosts.]';

test.for(['loopback', 'another address of this machine'])('a server on %s is not reached', async (which, context) => {
  await needSandbox(context);
  const host = which === 'loopback' ? '127.0.0.1' : ownAddress();
  if (host === undefined) return context.skip('sandbox: this machine has no address but loopback');
  await using field = await createField();
  await using server = await listening(greeter(), { host: '0.0.0.0', port: 0 });
  const command = plainRequest(host, server.port);
  expect(await tell(field, command, WITHOUT)).toEqual({ text: 'hello', isError: false });
  const told = await tell(field, command);
  expect(told).toMatchObject({ isError: true, text: expect.stringContaining(NO_NETWORK) });
  expect(told.text).not.toContain('hello');
});

test('a host that is allowed is reached, by its port, and no other', async (context) => {
  await needSandbox(context);
  await using field = await createField();
  await using server = await listening(greeter(), { host: '0.0.0.0', port: 0 });
  await using other = await listening(greeter(), { host: '127.0.0.1', port: 0 });
  const allowed = { sandbox: { network: { allowedDomains: [`127.0.0.1:${server.port}`] } } };
  const { told } = await play(
    field,
    [
      fetching(`http://127.0.0.1:${server.port}`),
      fetching(`http://127.0.0.1:${other.port}`),
      plainRequest('127.0.0.1', server.port),
      "node -e \"require('net').connect('/nowhere.sock')\"",
    ],
    allowed,
  );
  expect(told[0]).toEqual({ text: '200 hello', isError: false });
  expect(told[1]?.text).toContain('403');
  expect(told[1]?.text).toContain('only the hosts of the setting `sandbox.network.allowedDomains`');
  expect(told[2]).toMatchObject({ isError: true });
  expect(told[3]?.text).toContain('EPERM');
}, 15_000);

test('sessions with different rules do not share them', async (context) => {
  await needSandbox(context);
  await using field = await createField();
  await using one = await listening(greeter(), { host: '127.0.0.1', port: 0 });
  await using two = await listening(greeter(), { host: '127.0.0.1', port: 0 });
  const ports = [one.port, two.port];
  const commands = ports.map((port) => fetching(`http://127.0.0.1:${port}`));
  const [first, second, third] = await Promise.all([
    ...ports.map((port) => play(field, commands, { sandbox: { network: { allowedDomains: [`127.0.0.1:${port}`] } } })),
    play(field, commands),
  ]);
  const codes = (played: Awaited<ReturnType<typeof play>> | undefined): (string | undefined)[] =>
    played?.told.map(({ text }) => /^200(?= hello)|403(?=\) !== 200)/.exec(text)?.[0]) ?? [];
  expect([codes(first), codes(second), codes(third)]).toEqual([
    ['200', '403'],
    ['403', '200'],
    [undefined, undefined],
  ]);
}, 20_000);

test('Unix sockets are refused, be they in the workspace', async (context) => {
  await needSandbox(context);
  await using field = await createField();
  const path = join(field.workspace, 'agent.sock');
  await using _ = await listening(
    createServer((socket) => socket.end('hello')),
    { path },
  );
  const command = `node -e "require('net').connect('${path}').pipe(process.stdout)"`;
  expect(await tell(field, command, WITHOUT)).toEqual({ text: 'hello', isError: false });
  const told = await tell(field, command);
  expect(told).toMatchObject({ isError: true, text: expect.stringContaining('EPERM') });
  expect(told.text).toContain(
    '[The sandbox refuses Unix sockets; the setting `sandbox.network.allowAllUnixSockets` would allow them.]',
  );
  const open = { sandbox: { network: { allowAllUnixSockets: true } } };
  expect(await tell(field, command, open)).toEqual({ text: 'hello', isError: false });
});

test('what a command starts itself it reaches', async (context) => {
  await needSandbox(context);
  await using field = await createField();
  const program =
    "const s = require('http').createServer((_, r) => r.end('inside')).listen(0, async () => { console.log(await (await fetch('http://127.0.0.1:' + s.address().port)).text()); process.exit(); })";
  for (const sandbox of [{}, { network: { allowedDomains: ['example.org'] } }])
    expect((await tell(field, `node -e "${program}"`, { sandbox })).text).toBe('inside');
}, 15_000);
