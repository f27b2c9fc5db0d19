import { join } from 'node:path';
import { exchange } from './raw-fetch.ts';
import { openByHand } from './by-hand.ts';
import { ADD, type Contestant } from './contestant.ts';
import { startProcess } from './start-process.ts';

let proxied: Promise<string> | undefined;

/** Raw `fetch` through a process that only passes bytes on: the least that any server costs. */
export const contestant: Contestant = {
  title: 'raw `fetch` through a bare proxy',
  kind: 'floor',
  toolName: ADD.name,
  async open(o) {
    proxied ??= startProcess(process.execPath, [join(import.meta.dirname, 'proxy.ts'), o.url]).then((proxy) =>
      proxy.line(/^http/),
    );
    return openByHand(exchange, { ...o, url: await proxied });
  },
};
