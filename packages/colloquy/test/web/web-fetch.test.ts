import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Duplex } from 'node:stream';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { createEmulator, text, toolUse } from '@colloquy/emulator';
import { type Options, query } from 'colloquy';
import { describe, expect, test } from 'vitest';
import { type FakePage, type FakeWeb, fakeWeb } from './fake-web.ts';
import { play, type Played } from './play.ts';

const PUBLIC = '93.184.215.50';
const URL_ = 'https://docs.example/page';

/** A web in which docs.example and other.example are public hosts. */
function docs(page: FakePage, more: Record<string, FakePage> = {}): FakeWeb {
  return fakeWeb({
    dns: { 'docs.example': [PUBLIC], 'www.docs.example': [PUBLIC], 'other.example': ['93.184.215.60'] },
    pages: { [URL_]: page, ...more },
  });
}

const fetchIt = (web: FakeWeb, webFetch = {}): Promise<Played> =>
  play('WebFetch', { url: URL_ }, { web, options: { webFetch } });

describe('what a page says', () => {
  test('without a prompt, a page is told as Markdown, with what it was as structured output', async () => {
    const web = docs({ body: '<title>T</title><h1>Head</h1><p>See <a href="/next">more</a>.</p>' });
    const { told, isError, structured } = await fetchIt(web);
    expect({ told, isError }).toEqual({
      told: '# T\n\n# Head\n\nSee [more](https://docs.example/next).',
      isError: false,
    });
    expect(structured).toEqual({
      bytes: 65,
      code: 200,
      codeText: 'OK',
      result: told,
      durationMs: expect.any(Number),
      url: URL_,
    });
    expect(web.connected).toEqual([PUBLIC]);
    expect(web.open()).toBe(0);
  });

  test('text of other types comes as it is', async () => {
    const web = docs({ headers: { 'content-type': 'application/json' }, body: '{"a": "<b>"}' });
    expect((await fetchIt(web)).told).toBe('{"a": "<b>"}');
  });

  test.each<[string, string, Uint8Array]>([
    ['the header', 'text/plain; charset=ISO-8859-1', Buffer.from('caf\xe9', 'latin1')],
    ['its own word', 'text/html', Buffer.from('<meta charset="windows-1252"><p>caf\xe9', 'latin1')],
    ['its byte order mark', 'text/plain; charset=utf-8', Buffer.from('\uFEFFcafé', 'utf16le')],
    ['UTF-8', 'text/plain; charset=no-such', Buffer.from('café')],
  ])('the encoding is that of %s', async (_, type, body) => {
    const web = docs({ headers: { 'content-type': type }, body });
    expect((await fetchIt(web)).told).toBe('café');
  });

  test.each([
    ['gzip', gzipSync('<p>Packed.</p>')],
    ['br', brotliCompressSync('<p>Packed.</p>')],
  ])('a page that is packed with %s is unpacked', async (encoding, body) => {
    const web = docs({ headers: { 'content-encoding': encoding }, body });
    expect((await fetchIt(web)).told).toBe('Packed.');
  });

  test('what is no text is refused, and not even read', async () => {
    const web = docs({ headers: { 'content-type': 'application/pdf', 'content-length': '5' }, body: '%PDF-' });
    const { told, isError } = await fetchIt(web);
    expect(isError).toBe(true);
    expect(told).toBe(
      `${URL_} answered 200 OK. It is no text (application/pdf, 5 bytes). Only pages and other text are fetched.`,
    );
    const binary = docs({ headers: { 'content-type': '' }, body: Uint8Array.from([0x7f, 0x45, 0, 1]) });
    expect((await fetchIt(binary)).told).toContain('It is no text (binary data');
  });

  test('an error of the server is told with the beginning of what it says', async () => {
    const { told, isError } = await fetchIt(docs({ status: 404, body: `<p>${'Gone. '.repeat(2_000)}` }));
    expect(isError).toBe(true);
    expect(told).toMatch(/^https:\/\/docs\.example\/page answered 404 Not Found\.\n\nGone\. Gone\./);
    expect(told.length).toBeLessThan(2_200);
  });

  test('an empty page is said to be empty', async () => {
    expect((await fetchIt(docs({ body: '' }))).told).toBe('[The page has no text.]');
  });
});

describe('what is sent', () => {
  test('the request names Colloquy, carries no cookie and no credential, and forgets what it was given', async () => {
    const web = docs(
      { status: 302, location: '/two', headers: { 'set-cookie': 'a=b' } },
      { 'https://docs.example/two': { body: 'two' } },
    );
    await fetchIt(web);
    expect(web.requests.map(({ url }) => url)).toEqual([URL_, 'https://docs.example/two']);
    for (const { headers } of web.requests) {
      expect(headers['user-agent']).toMatch(/^Colloquy\/\d+\.\d+\.\d+$/);
      expect(Object.keys(headers).toSorted()).toEqual([
        'accept',
        'accept-encoding',
        'connection',
        'host',
        'user-agent',
      ]);
    }
  });

  test.each([
    ['ftp://docs.example/x', 'Only http and https are fetched, not ftp.'],
    ['file:///etc/passwd', 'Only http and https are fetched, not file.'],
    ['https://user:secret@docs.example/', 'A URL with a user name or password is not fetched.'],
    ['docs.example/page', '"docs.example/page" is not a URL'],
    ['https://docs.example:25/', 'Port 25 is for another protocol than http.'],
    [`https://docs.example/${'a'.repeat(4_000)}`, 'The URL has more than 4000 characters.'],
  ])('%s is refused before anything is looked up', async (url, why) => {
    const web = docs({});
    const { told, isError } = await play('WebFetch', { url }, { web });
    expect(isError).toBe(true);
    expect(told).toContain(why);
    expect(web.lookups).toEqual([]);
  });
});

describe('where a redirect leads', () => {
  test.each([['https://www.docs.example/page'], ['https://docs.example/elsewhere'], ['//docs.example/elsewhere#part']])(
    'within its place, as to %s, it is followed',
    async (location) => {
      const target = new URL(location, URL_).href.replace(/#.*/, '');
      const web = docs({ status: 301, location }, { [target]: { body: 'There.' } });
      const { told, structured } = await fetchIt(web);
      expect(told).toBe('There.');
      expect(structured).toMatchObject({ url: target });
    },
  );

  test('from http to https it is followed, from https to http it is not', async () => {
    const up = docs({ body: 'Safe.' }, { 'http://docs.example/page': { status: 308, location: URL_ } });
    expect((await play('WebFetch', { url: 'http://docs.example/page' }, { web: up })).told).toBe('Safe.');
    const down = docs({ status: 302, location: 'http://docs.example/page' });
    expect((await fetchIt(down)).told).toContain('redirects (302) to another host');
    expect(down.connected).toEqual([PUBLIC]);
  });

  test('to another host it is told, so that the new call is decided by itself', async () => {
    const web = docs({ status: 302, location: 'https://other.example/a?b' });
    const { told, isError } = await fetchIt(web);
    expect(isError).toBe(false);
    expect(told).toBe(
      `${URL_} redirects (302) to another host, which was not fetched: https://other.example/a?b\nIf that is where you want to go, call WebFetch with this URL.`,
    );
    expect(web.connected).toEqual([PUBLIC]);
  });

  test.each<[string, Options]>([
    ['a rule speaks against it', { disallowedTools: ['WebFetch(domain:www.docs.example)'] }],
    ['hooks want to see every call', { hooks: { PreToolUse: [{ hooks: [async () => ({})] }] } }],
  ])('to www. it is only told where %s', async (_, options) => {
    const web = docs({ status: 301, location: 'https://www.docs.example/page' });
    const { told, isError } = await play('WebFetch', { url: URL_ }, { web, options });
    expect(isError).toBe(false);
    expect(told).toContain('which was not fetched: https://www.docs.example/page');
    expect(web.connected).toEqual([PUBLIC]);
  });

  test('to another port of the same host it is told as well', async () => {
    const web = docs({ status: 302, location: 'https://docs.example:8443/' });
    expect((await fetchIt(web)).told).toContain('which was not fetched: https://docs.example:8443/');
  });

  test.each([
    ['an internal address', 'http://169.254.169.254/latest', 'is not a public address'],
    ['another protocol', 'gopher://docs.example/', 'redirects to where nothing is fetched: Only http and https'],
    ['a URL with a password', 'https://a:b@docs.example/', 'redirects to where nothing is fetched'],
  ])('to %s it is an error', async (_, location, why) => {
    const web = docs({ status: 302, location });
    const { told, isError } = await fetchIt(web);
    expect(isError).toBe(true);
    expect(told).toContain(why);
    expect(web.connected).toEqual([PUBLIC]);
  });

  test('in a circle it is followed ten times', async () => {
    const web = docs({ status: 302, location: '/page' });
    const { told, isError } = await fetchIt(web);
    expect({ told, isError }).toEqual({ told: `${URL_} redirects more than 10 times.`, isError: true });
    expect(web.connected).toHaveLength(11);
  });

  test('every hop is looked up and checked anew', async () => {
    const dnsSequence = { 'docs.example': [[PUBLIC], [PUBLIC], [PUBLIC, '10.0.0.5']] };
    const web = fakeWeb({ dnsSequence, pages: { [URL_]: { status: 302, location: '/two' } } });
    expect((await fetchIt(web)).told).toContain(
      'docs.example leads to 10.0.0.5, which is not a public address (private)',
    );
    expect(web.connected).toEqual([PUBLIC]);
  });
});

describe('bounds', () => {
  const dribble = (every: number, piece: string) => (_: unknown, response: ServerResponse) => {
    response.writeHead(200, { 'content-type': 'text/plain' });
    const timer = setInterval(() => response.write(piece), every);
    response.on('close', () => clearInterval(timer));
  };

  test('a page that never ends is read up to the limit, and that is said', async () => {
    const web = docs(dribble(1, 'x'.repeat(10_000)));
    const { told, structured } = await fetchIt(web, { maxBytes: 25_000 });
    expect(told).toBe(`${'x'.repeat(25_000)}\n\n[The page is longer than 25000 bytes; the rest was not read.]`);
    expect(structured).toMatchObject({ bytes: 25_000 });
    expect(web.open()).toBe(0);
  });

  test.each(['gzip', 'br'])('what %s packs a thousandfold is unpacked up to the limit', async (encoding) => {
    const huge = Buffer.alloc(20_000_000, 'y');
    const body = encoding === 'gzip' ? gzipSync(huge) : brotliCompressSync(huge);
    const web = docs({ headers: { 'content-type': 'text/plain', 'content-encoding': encoding }, body });
    const { structured } = await fetchIt(web, { maxBytes: 100_000 });
    expect(structured).toMatchObject({ bytes: 100_000, result: expect.stringContaining('longer than 100000 bytes') });
    expect(web.open()).toBe(0);
  });

  test('a page that trickles is ended by the time-out, and its beginning told', async () => {
    const web = docs(dribble(5, 'ab'));
    const { told, isError } = await fetchIt(web, { timeoutMs: 100 });
    expect(isError).toBe(false);
    expect(told).toMatch(/^(ab)+\n\n\[The page took too long; only its first \d+ bytes came\.\]$/);
    expect(web.open()).toBe(0);
  });

  test('a host that says nothing is given up', async () => {
    const web = docs(() => undefined);
    const { told, isError } = await fetchIt(web, { timeoutMs: 50 });
    expect({ told, isError }).toEqual({ told: 'The page did not come within 50 ms.', isError: true });
    expect(web.open()).toBe(0);
  });

  test('a resolver or a connector that never answers is given up', async () => {
    const web = docs({});
    const never = new Promise<never>(() => undefined);
    const o = { timeoutMs: 50 };
    const slowNames = await play('WebFetch', { url: URL_ }, { options: { webFetch: { ...o, resolve: () => never } } });
    expect(slowNames.told).toBe('The page did not come within 50 ms.');
    const slowNet = await fetchIt({ ...web, connect: () => never }, o);
    expect(slowNet.told).toBe('The page did not come within 50 ms.');
  });

  test('headers without end are refused', async () => {
    const web = docs({ headers: { 'x-long': 'z'.repeat(40_000) } });
    expect((await fetchIt(web)).told).toBe('The headers of docs.example are longer than 32768 bytes.');
  });

  test.each([
    ['no HTTP at all', 'SSH-2.0-OpenSSH_9.9\r\n\r\n', 'docs.example did not answer in HTTP.'],
    ['nothing', '', 'docs.example did not answer: socket hang up'],
  ])('a host that answers with %s is told as such', async (_, said, why) => {
    const connect = (): Duplex => {
      const socket = new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() });
      socket.push(said);
      socket.push(null);
      return socket;
    };
    const { told, isError } = await fetchIt({ ...docs({}), connect });
    expect({ told, isError }).toEqual({ told: why, isError: true });
  });

  test('a connection that breaks leaves what came, and that is said', async () => {
    const web = docs((_, response) => {
      response.writeHead(200, { 'content-type': 'text/plain', 'content-length': '1000' });
      response.write('The beginning', () => response.destroy());
    });
    expect((await fetchIt(web)).told).toBe(
      'The beginning\n\n[The connection broke; only the first 13 bytes of the page came.]',
    );
  });

  test('an address that takes no connection is followed by the next one, each checked before', async () => {
    const web = fakeWeb({
      dns: { 'docs.example': ['93.184.215.1', '93.184.215.2'] },
      pages: { [URL_]: { body: 'Second.' } },
    });
    const connect: FakeWeb['connect'] = (to) => {
      if (to.address === '93.184.215.1') throw new Error('connect ECONNREFUSED');
      return web.connect(to);
    };
    expect((await fetchIt({ ...web, connect })).told).toBe('Second.');
    const mixed = fakeWeb({ dns: { 'docs.example': ['93.184.215.1', 'fd00::1'] } });
    expect((await fetchIt(mixed)).told).toContain('docs.example leads to fd00::1, which is not a public address');
    expect(mixed.connected).toEqual([]);
  });

  test('an interrupt ends the fetch and leaves no connection', async () => {
    const web = docs(() => void session.interrupt());
    const { resolve, connect } = web;
    const emulator = createEmulator({ script: [toolUse('WebFetch', { url: URL_ }), text('Done')] });
    const session = query({
      prompt: 'Go',
      options: {
        send: emulator.send,
        persistSession: false,
        tools: ['WebFetch'],
        allowedTools: ['WebFetch'],
        env: {},
        webFetch: { resolve, connect },
      },
    });
    const results: string[] = [];
    const reading = (async () => {
      for await (const message of session) if (message.type === 'result') results.push(message.subtype);
    })();
    await expect(reading).rejects.toThrow('interrupted');
    expect(results).toEqual(['error_during_execution']);
    expect(emulator.requests).toHaveLength(1);
    expect(web.open()).toBe(0);
  });
});

describe('the intranet', () => {
  const dns = { 'wiki.corp.example': ['10.1.2.3'], 'meta.corp.example': ['169.254.169.254'] };
  const reach = (url: string, allowedHosts: string[]): Promise<Played> =>
    play('WebFetch', { url }, { web: fakeWeb({ dns }), options: { webFetch: { allowedHosts } } });

  test.each([
    ['http://wiki.corp.example/', ['wiki.corp.example']],
    ['http://wiki.corp.example./', ['WIKI.corp.example']],
    ['http://wiki.corp.example:8080/', ['wiki.corp.example:8080']],
    ['http://wiki.corp.example/', ['10.0.0.0/8']],
    ['http://10.1.2.3:9000/', ['10.1.2.3']],
    ['http://[fd00::5]:81/', ['[fd00::5]:81']],
    ['http://meta.corp.example/', ['169.254.169.254']],
  ])('%s is reached with %j', async (url, allowedHosts) => {
    expect(await reach(url, allowedHosts)).toMatchObject({ told: 'A page.', isError: false });
  });

  test.each([
    ['http://wiki.corp.example/', ['wiki.corp.example:8080']],
    ['http://wiki.corp.example/', ['corp.example', 'other.corp.example', '192.168.0.0/16']],
    ['http://10.1.2.3/', ['wiki.corp.example']],
    ['http://[::ffff:a01:203]/', ['10.0.0.0/8']],
    // A name is enough for services of a network, not for what hands out credentials.
    ['http://meta.corp.example/', ['meta.corp.example']],
  ])('%s is not reached with %j', async (url, allowedHosts) => {
    const { told, isError } = await reach(url, allowedHosts);
    expect(isError).toBe(true);
    expect(told).toContain('is not a public address');
  });

  test('without injection, a server of this machine is reached once it is allowed, and only then', async () => {
    const server = createServer((request, response) => response.end(`You asked for ${request.headers.host}.`));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      // A server that listens on TCP has a port.
      const { port } = server.address() as AddressInfo;
      const url = `http://127.0.0.1:${port}/`;
      const refused = await play('WebFetch', { url });
      expect(refused.told).toContain('127.0.0.1 is not a public address (loopback)');
      const allowed = await play(
        'WebFetch',
        { url },
        { options: { webFetch: { allowedHosts: [`127.0.0.1:${port}`] } } },
      );
      expect(allowed).toMatchObject({ told: `You asked for 127.0.0.1:${port}.`, isError: false });
      const secure = url.replace('http:', 'https:');
      const noTls = await play('WebFetch', { url: secure }, { options: { webFetch: { allowedHosts: ['127.0.0.1'] } } });
      expect(noTls).toMatchObject({ isError: true, told: expect.stringContaining('could not be reached') });
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  test.each([
    [{ allowedHosts: ['http://wiki.example'] }, 'allowedHosts; "http://wiki.example" is none'],
    [{ allowedHosts: ['*.example'] }, '"*.example" is none'],
    [{ allowedHosts: ['10.0.0.0/33'] }, '"10.0.0.0/33" is none'],
    [{ allowedHosts: ['a.example:0'] }, '"a.example:0" is none'],
    [{ maxBytes: 0 }, 'positive whole numbers'],
    [{ resolve: 'dns' }, 'functions as resolve and connect'],
    [{ allowHosts: [] }, 'there is no `allowHosts`'],
  ])('the option %j is refused', async (webFetch, why) => {
    // A program written in JavaScript may give anything.
    const options = { webFetch: webFetch as never };
    await expect(play('WebFetch', { url: URL_ }, { options })).rejects.toThrow(why);
  });
});
