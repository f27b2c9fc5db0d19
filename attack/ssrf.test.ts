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
