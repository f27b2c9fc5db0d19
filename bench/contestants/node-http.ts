import { Agent, request } from 'node:http';
import { type Exchange, HEADERS, openByHand } from './by-hand.ts';
import { ADD, type Contestant } from './contestant.ts';
import { keepInFile, toMessages } from './kept-file.ts';

const agent = new Agent({ keepAlive: true });

const exchange: Exchange = (url, body, onChunk) =>
  new Promise((resolve, reject) => {
    const headers = { ...HEADERS, 'content-length': Buffer.byteLength(body) };
    const sent = request(url, { method: 'POST', agent, headers }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`Status ${response.statusCode}`));
      response.on('data', onChunk);
      response.on('end', resolve);
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });

/** `node:http`, by hand: the limit of what can be reached. */
export const contestant: Contestant = {
  title: '`node:http` by hand',
  kind: 'floor',
  toolName: ADD.name,
  open: (o) => openByHand(exchange, o),
  keep: async (said) => keepInFile(toMessages(said)),
};
