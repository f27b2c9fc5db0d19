import { expect, test } from 'vitest';
import { ipBytes, ipPrefix, isInPrefix } from './ip-address.ts';

const hex = (text: string): string | undefined => {
  const bytes = ipBytes(text);
  return bytes === undefined ? undefined : Buffer.from(bytes).toString('hex');
};

test.each([
  ['127.0.0.1', '7f000001'],
  ['255.255.255.255', 'ffffffff'],
  ['::', '0'.repeat(32)],
  ['::1', `${'0'.repeat(31)}1`],
  ['1::', `0001${'0'.repeat(28)}`],
  ['2001:db8:1:2:3:4:5:6', '20010db8000100020003000400050006'],
  ['fe80::1%eth0', 'fe800000000000000000000000000001'],
  ['::ffff:10.1.2.3', '00000000000000000000ffff0a010203'],
  ['64:ff9b::7f00:1', '0064ff9b00000000000000007f000001'],
])('%s is read as its bytes', (text, bytes) => {
  expect(hex(text)).toBe(bytes);
});

test.each([
  '',
  '127.1',
  '0x7f.0.0.1',
  '0177.0.0.1',
  '2130706433',
  '1.2.3.4.5',
  ':::',
  '1::2::3',
  'example.com',
  '１２７.0.0.1',
])('%j is no address in its one usual form', (text) => {
  expect(ipBytes(text)).toBeUndefined();
});

test('a prefix holds the addresses that begin with its bits, of its own kind alone', () => {
  const inPrefix = (address: string, prefix: string): boolean => isInPrefix(ipBytes(address)!, ipPrefix(prefix)!);
  expect(inPrefix('172.16.0.1', '172.16.0.0/12')).toBe(true);
  expect(inPrefix('172.31.255.255', '172.16.0.0/12')).toBe(true);
  expect(inPrefix('172.32.0.0', '172.16.0.0/12')).toBe(false);
  expect(inPrefix('1.2.3.4', '0.0.0.0/0')).toBe(true);
  expect(inPrefix('fdff::1', 'fc00::/7')).toBe(true);
  expect(inPrefix('fe00::1', 'fc00::/7')).toBe(false);
  expect(inPrefix('10.0.0.1', '::/0')).toBe(false);
  expect(inPrefix('10.0.0.1', '10.0.0.1')).toBe(true);
  expect(inPrefix('10.0.0.2', '10.0.0.1')).toBe(false);
});

test.each(['10.0.0.0/33', '10.0.0.0/', '10.0.0.0/-1', '10.0.0.0/8/8', 'fe80::%1/10', 'ten/8', '::/129'])(
  '%j is no prefix',
  (text) => {
    expect(ipPrefix(text)).toBeUndefined();
  },
);
