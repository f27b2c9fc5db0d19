import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { Agent, type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Contestant, KEY, MODEL } from './contestant.ts';
import { fetchedPackages, missingPackages } from './fetched.ts';
import { startProcess } from './start-process.ts';

type Event = { type: string; properties?: { sessionID?: string; field?: string } };
type Answer = { parts: { type: string; text?: string }[]; info: { error?: unknown } };

const agent = new Agent({ keepAlive: true });
const packages = fetchedPackages('opencode', 'opencode-ai');
const PROGRAM = join(packages.folder, `node_modules/opencode-${process.platform}-${process.arch}/bin/opencode`);
const PROVIDER = 'bench';
/** Of each session, who is told of its deltas and of the end of its turns. */
const listeners = new Map<string, { onDelta: () => void; onIdle: () => void }>();
let server: Promise<string> | undefined;

/** `opencode serve`, with all of its tools off; deltas are read from its events. */
export const contestant: Contestant = {
  title: 'opencode serve',
  kind: 'peer',
  isSlow: true,
  packages,
  missing: () => missingPackages(packages),
  async open({ url, onDelta }) {
    server ??= startServer(url, onDelta !== undefined);
    const origin = await server;
    // With a title it does not ask the model for one.
    const { id } = (await post(`${origin}/session`, { title: 'bench' })) as { id: string };
    return {
      async turn(prompt) {
        // The events may come after the answer.
        const idle = onDelta === undefined ? undefined : untilIdle(id, onDelta);
        const { parts, info } = (await post(`${origin}/session/${id}/message`, {
          model: { providerID: PROVIDER, modelID: MODEL },
          tools: { '*': false },
          parts: [{ type: 'text', text: prompt }],
        })) as Answer;
        if (info.error !== undefined) throw new Error(`opencode: ${JSON.stringify(info.error)}`);
        await idle;
        return parts.map(({ text }) => text ?? '').join('');
      },
      async close() {
        listeners.delete(id);
      },
    };
  },
};

function untilIdle(id: string, onDelta: () => void): Promise<void> {
  return new Promise((onIdle) => listeners.set(id, { onDelta, onIdle }));
}

async function startServer(modelUrl: string, withEvents: boolean): Promise<string> {
  const home = mkdtempSync(join(tmpdir(), 'colloquy-bench-'));
  const cwd = join(home, 'work');
  mkdirSync(cwd);
  process.once('exit', () => rmSync(home, { recursive: true, force: true, maxRetries: 3 }));
  const options = { baseURL: `${modelUrl}/v1`, apiKey: KEY };
  const config = {
    autoupdate: false,
    share: 'disabled',
    enabled_providers: [PROVIDER],
    provider: {
      [PROVIDER]: { npm: '@ai-sdk/anthropic', name: PROVIDER, options, models: { [MODEL]: { name: MODEL } } },
    },
  };
  const env = { HOME: home, OPENCODE_CONFIG_CONTENT: JSON.stringify(config), OPENCODE_DISABLE_MODELS_FETCH: '1' };
  const started = await startProcess(PROGRAM, ['serve', '--port', '0'], { cwd, env });
  const origin = /http\S+/.exec(await started.line(/listening on http/))?.[0] ?? '';
  if (withEvents) await readEvents(origin);
  return origin;
}

/** Resolves when events are told. */
async function readEvents(origin: string): Promise<void> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request(`${origin}/event`, resolve).on('error', reject).end();
  });
  createInterface({ input: response }).on('line', (line) => {
    if (!line.startsWith('data: ')) return;
    const { type, properties } = JSON.parse(line.slice(6)) as Event;
    const listener = listeners.get(properties?.sessionID ?? '');
    if (type === 'message.part.delta' && properties?.field === 'text') listener?.onDelta();
    if (type === 'session.idle') listener?.onIdle();
  });
}

/** By `node:http`, as the first global `fetch` of a process takes longer. */
function post(url: string, body: unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' };
    const sent = request(url, { method: 'POST', agent, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () =>
        response.statusCode === 200 ? resolve(JSON.parse(text)) : reject(new Error(`${response.statusCode} ${text}`)),
      );
    });
    sent.on('error', reject);
    sent.end(JSON.stringify(body));
  });
}
