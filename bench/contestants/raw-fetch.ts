import { type Exchange, HEADERS, openByHand } from './by-hand.ts';
import { ADD, type Contestant } from './contestant.ts';
import { keepInFile, toMessages } from './kept-file.ts';

export const exchange: Exchange = async (url, body, onChunk) => {
  const response = await fetch(url, { method: 'POST', headers: HEADERS, body });
  if (!response.ok || response.body === null) throw new Error(`${response.status} ${await response.text()}`);
  for await (const chunk of response.body) onChunk(chunk);
};

/** The global `fetch`, by hand: what the ratios are taken to. */
export const contestant: Contestant = {
  title: 'raw `fetch`',
  kind: 'floor',
  toolName: ADD.name,
  open: (o) => openByHand(exchange, o),
  keep: async (said) => keepInFile(toMessages(said)),
};
