import type { RecordedRequest } from '../exchange/recorder.ts';
import { newestPrompt, newestResults, wellFormed } from '../request/newest-message.ts';
import { shown } from './partly-equal.ts';

/** A request and what became of it in one line, such as `claude-opus-5-5 Bash: "42 files" → 200`. */
export function tellRequest(request: RecordedRequest): string {
  const { method, path, body, state, status } = request;
  const place = path === '/v1/messages' ? '' : `${method} ${path} `;
  const model = body.model === undefined ? '' : `${body.model} `;
  const outcome = state === 'aborted' ? `${status ?? 'no answer'}, left by the client` : (status ?? 'answering');
  return `${place}${model}${newestOf(request)}→ ${outcome}`;
}

/** One line for each request, numbered from 1. */
export function tellRequests(requests: readonly RecordedRequest[]): string {
  return requests.map((request, index) => `${index + 1}. ${tellRequest(request)}`).join('\n');
}

function newestOf(request: RecordedRequest): string {
  const messages = wellFormed(request.messages);
  if (messages.length === 0) return '';
  const results = newestResults(messages).map(
    ({ name, text, isError }) => `${name}${isError ? ' failed' : ''}: ${shown(text)}`,
  );
  const prompt = newestPrompt(messages);
  return `${[...results, ...(prompt === undefined ? [] : [shown(prompt)])].join(', ')} `;
}
