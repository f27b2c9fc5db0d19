import { readFileSync } from 'node:fs';
import { createEmulator, text, toolUse } from '@colloquy/emulator';
import { query } from 'colloquy';
import { expect, test } from 'vitest';
import { fakeWeb } from '../packages/colloquy/test/web/fake-web.ts';

type SsrfCase = {
  id: string;
  tool: string;
  input: { url: string };
  expected: 'block' | 'ask' | 'allow' | 'bounded' | 'no-internal-connect';
  why: string;
  mustNotConnect?: string;
  dns?: Record<string, string[]>;
  dnsSequence?: Record<string, string[][]>;
  responses?: Record<string, { status?: number; location?: string; headers?: Record<string, string>; body?: string }>;
  rules?: { allow?: string[]; ask?: string[]; deny?: string[] };
  webFetch?: { allowedHosts?: string[] };
};

// The file is ours, and its form is written in it.
const { cases } = JSON.parse(readFileSync(new URL('cases/ssrf.json', import.meta.url), 'utf8')) as {
  cases: SsrfCase[];
};

/** Lets the model make this very call through `query()`. What no rule allows is asked of somebody who refuses. */
async function play({ tool, input, rules, dns, dnsSequence, responses, webFetch }: SsrfCase): Promise<{
  asked: boolean;
  isError: boolean;
  told: string;
  connected: string[];
}> {
  const web = fakeWeb({ dns: dns ?? {}, dnsSequence: dnsSequence ?? {}, pages: responses ?? {} });
  const emulator = createEmulator({ script: [toolUse(tool, input), text('Done')] });
  const played = { asked: false, isError: false, told: '', connected: web.connected };
  const messages = query({
    prompt: 'Go',
    options: {
      send: emulator.send,
      persistSession: false,
      tools: [tool],
      env: { ANTHROPIC_API_KEY: 'test' },
      // Without rules of the case, the address is all that is between the model and the host.
      allowedTools: rules?.allow ?? [tool],
      disallowedTools: rules?.deny ?? [],
      webFetch: { ...webFetch, resolve: web.resolve, connect: web.connect, timeoutMs: 500 },
      canUseTool: async () => {
        played.asked = true;
        return { behavior: 'deny', message: 'No.' };
      },
    },
  });
  for await (const message of messages) {
    if (message.type !== 'user' || typeof message.message.content === 'string') continue;
    for (const block of message.message.content) {
      if (block.type !== 'tool_result') continue;
      played.isError ||= block.is_error === true;
      played.told += JSON.stringify(block.content);
    }
  }
  expect(web.open(), 'connections that are left open').toBe(0);
  return played;
}

/** In the cases, these stand for any public address. */
const PUBLIC = /^93\.184\.215\.\d+$/;

test.each(cases)('$id through query(): $expected, because $why', async (each) => {
  const { asked, isError, told, connected } = await play(each);
  expect(connected).not.toContain(each.mustNotConnect);
  expect(connected.filter((address) => !PUBLIC.test(address))).toEqual([]);
  switch (each.expected) {
    case 'allow':
      expect({ asked, isError, reached: connected.length > 0 }).toEqual({
        asked: false,
        isError: false,
        reached: true,
      });
      return;
    case 'ask':
      expect({ held: asked || isError, connected }).toEqual({ held: true, connected: [] });
      return;
    case 'block':
      // The first hop of a redirect is a page like any other; what it leads to is never reached.
      if (each.responses === undefined) expect(connected).toEqual([]);
      // Whoever would be asked refuses, so that being asked would hide what the fetcher does.
      expect({ asked, isError }).toEqual({ asked: false, isError: true });
      expect(told).toMatch(
        /not a public address|[Oo]nly http|is not fetched|not a URL|no host|looked up|another protocol/,
      );
      return;
    case 'bounded':
    case 'no-internal-connect':
      expect(told).not.toBe('');
      return;
    default:
      each.expected satisfies never;
  }
});

test.each([
  'http://127.1/',
  'http://2130706433/',
  'http://017700000001/',
  'http://0177.0.0.0x1/',
  'http://0/',
  'http://127.0.0.1./',
  'http://①②⑦.⓪.⓪.①/',
  'http://127。0。0。1/',
  'http://%31%32%37.0.0.1/',
  'http:\\\\127.0.0.1\\',
  'http:127.0.0.1',
  ' http://127.0.0.1/ ',
  'http://1\t27.0.0.1/',
  'http://localhost./',
  'http://LOCALHOST/',
  'http://a.localhost:3000/',
  'http://[::]/',
  'http://[::1]/',
  'http://[0:0:0:0:0:ffff:a9fe:a9fe]/',
  'http://[::ffff:169.254.169.254]/',
  'http://[::169.254.169.254]/',
  'http://[64:ff9b::169.254.169.254]/',
  'http://[64:ff9b:1::a9fe:a9fe]/',
  'http://[2002:7f00:1::]/',
  'http://[2001:0:7f00:1::1]/',
  'http://[fd00:ec2::254]/latest/meta-data/',
  'http://[fe80::1]/',
  'http://[fe80::1%25eth0]/',
  'http://[fec0::1]/',
  'http://[ff02::1]/',
  'http://100.100.100.200/latest/meta-data/',
  'http://168.63.129.16/',
  'http://192.0.0.192/',
  'http://255.255.255.255/',
  'http://224.0.0.1/',
  'http://docs.example@127.0.0.1/',
  'http://docs.example:80@127.0.0.1:80/',
  'http://metadata.google.internal/computeMetadata/v1/',
  'file:///etc/passwd',
  'data:text/plain,secret',
  'javascript:fetch("http://127.0.0.1")',
  'blob:http://127.0.0.1/x',
  'unix:/var/run/docker.sock',
  'http+unix://%2Fvar%2Frun%2Fdocker.sock/info',
])('however it is spelled, nothing is reached through %j', async (url) => {
  const dns = { 'metadata.google.internal': ['169.254.169.254'] };
  const { isError, connected } = await play({
    id: 'spelling',
    tool: 'WebFetch',
    input: { url },
    expected: 'block',
    why: '',
    dns,
  });
  expect({ isError, connected }).toEqual({ isError: true, connected: [] });
});
