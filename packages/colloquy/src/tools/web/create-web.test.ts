import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type FakePage, fakeWeb } from '../../../test/web/fake-web.ts';
import { createWeb } from './create-web.ts';

/** What is open in this process: descriptors, and what keeps its event loop alive. */
function held(): string[] {
  const descriptors = process.platform === 'linux' ? readdirSync('/proc/self/fd') : [];
  return [...descriptors.map(() => 'descriptor'), ...process.getActiveResourcesInfo()];
}

/** What is open now and was not before; the test runner's own timers come and go. */
function gained(before: readonly string[]): string[] {
  const old = [...before];
  return held().filter((one) => {
    const at = old.indexOf(one);
    if (at !== -1) old.splice(at, 1);
    return at === -1;
  });
}

test('a thousand pages, errors, endless answers and interrupts leave nothing behind', async () => {
  const plain = { 'content-type': 'text/plain' };
  const kinds: Record<string, FakePage> = {
    text: { headers: plain, body: 'x' },
    error: { status: 500, headers: plain },
    broken: (_, response) => void response.destroy(),
    endless: (_, response) => void response.writeHead(200, plain).write('y'.repeat(5_000)),
    silent: () => undefined,
  };
  const names = Object.keys(kinds);
  // Every page has an address of its own, so that none comes from the cache.
  const pages = Object.fromEntries(
    Array.from({ length: 1_000 }, (_, index) => [`https://a.example/${index}`, kinds[names[index % names.length]!]!]),
  );
  const site = fakeWeb({ dns: { 'a.example': ['93.184.215.1'] }, pages });
  const web = createWeb({ resolve: site.resolve, connect: site.connect, maxBytes: 1_000 });
  const read = async (url: string): Promise<string> => {
    const stop = new AbortController();
    const reading = web.read(new URL(url), { signal: stop.signal });
    if (pages[url] === kinds['silent']) setImmediate(() => stop.abort(new Error('interrupted')));
    return reading.then(
      () => 'read',
      (error: unknown) => String(error),
    );
  };
  await read('https://a.example/0');
  const before = held();
  const outcomes = new Set<string>();
  for (const url of Object.keys(pages)) outcomes.add(await read(url));
  expect([...outcomes].toSorted()).toEqual([
    'Error: a.example did not answer: socket hang up',
    'Error: interrupted',
    'read',
  ]);
  expect(site.open()).toBe(0);
  expect(gained(before)).toEqual([]);
});

test('threads that convert pages are gone when their page is there', async () => {
  const { resolve, connect } = fakeWeb({ dns: { 'a.example': ['93.184.215.1'] } });
  const web = createWeb({ resolve, connect });
  const { signal } = new AbortController();
  await web.read(new URL('https://a.example/first'), { signal });
  const before = held();
  await Promise.all(['a', 'b', 'c', 'd'].map((path) => web.read(new URL(`https://a.example/${path}`), { signal })));
  expect(gained(before)).toEqual([]);
});
