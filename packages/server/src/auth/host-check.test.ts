import { expect, test } from 'vitest';
import { isKnownHost, type KnownHosts } from './host-check.ts';

const PORT = 4010;
const known: KnownHosts = { port: PORT, names: new Set(['chat.example.org', 'intranet:8443']) };

/** Spellings of a `Host` header: what browsers send for us, and what comes from rebound names, scanners and broken clients. */
const SPELLINGS: [host: string, allowed: boolean][] = [
  ['127.0.0.1:4010', true],
  ['localhost:4010', true],
  ['LOCALHOST:4010', true],
  ['[::1]:4010', true],
  ['chat.example.org', true],
  ['CHAT.example.org', true],
  ['intranet:8443', true],
  ['', false],
  [' ', false],
  ['127.0.0.1', false],
  ['localhost', false],
  ['[::1]', false],
  ['127.0.0.1:4011', false],
  ['127.0.0.1:04010', false],
  ['127.0.0.1:4010:4010', false],
  ['127.0.0.1:+4010', false],
  ['127.0.0.1:4010 ', false],
  ['127.0.0.1:', false],
  ['127.0.0.1.:4010', false],
  ['localhost.:4010', false],
  ['127.1:4010', false],
  ['127.0.1:4010', false],
  ['127.0.0.2:4010', false],
  ['2130706433:4010', false],
  ['0x7f000001:4010', false],
  ['0177.0.0.1:4010', false],
  ['0.0.0.0:4010', false],
  ['[::]:4010', false],
  ['::1:4010', false],
  ['[::ffff:127.0.0.1]:4010', false],
  ['[0:0:0:0:0:0:0:1]:4010', false],
  ['[::1%lo]:4010', false],
  ['evil.example:4010', false],
  ['127.0.0.1.evil.example:4010', false],
  ['localhost.evil.example:4010', false],
  ['evil.example#127.0.0.1:4010', false],
  ['user@127.0.0.1:4010', false],
  ['127.0.0.1:4010@evil.example', false],
  ['127.0.0.1:4010, evil.example', false],
  ['127.0.0.1:4010/path', false],
  ['１２７.0.0.1:4010', false],
  ['ⓛocalhost:4010', false],
  ['chat.example.org:443', false],
  ['chat.example.org.', false],
  ['sub.chat.example.org', false],
  ['intranet', false],
];

test.each(SPELLINGS)('Host "%s" → %s', (host, allowed) => {
  expect(isKnownHost(host, known)).toBe(allowed);
});

test('on port 80 the port may be left out, as browsers do', () => {
  expect(isKnownHost('127.0.0.1', { port: 80, names: new Set() })).toBe(true);
  expect(isKnownHost('localhost:80', { port: 80, names: new Set() })).toBe(true);
});

test('mounted in another server, every port of a loopback name is ours, and no other name', () => {
  const mounted: KnownHosts = { port: undefined, names: new Set() };
  expect(isKnownHost('localhost:3000', mounted)).toBe(true);
  expect(isKnownHost('localhost', mounted)).toBe(true);
  expect(isKnownHost('evil.example:3000', mounted)).toBe(false);
});
