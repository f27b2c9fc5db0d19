import { copyButton } from './copy-button.js';
import { make } from './element.js';

/** How to send a first request. */
export function startHelp() {
  const base = location.origin;
  return make(
    'div',
    { className: 'start-help', hidden: true },
    make('p', { className: 'start-title' }, 'No request yet'),
    make('p', {}, 'Point a program at this address; any key will do. Its requests show here as they come.'),
    command(`ANTHROPIC_BASE_URL=${base} ANTHROPIC_API_KEY=any colloquy ask "read README.md"`),
    make('p', {}, 'Or, without any program:'),
    command(
      `curl ${base}/v1/messages -H 'x-api-key: any' -H 'anthropic-version: 2026-10-21' -H 'content-type: application/json' ` +
        `-d '{"model":"claude-opus-5-5","max_tokens":200,"messages":[{"role":"user","content":"Hello"}]}'`,
    ),
  );
}

/** @param {string} text */
function command(text) {
  return make(
    'div',
    { className: 'command' },
    make('code', {}, text),
    copyButton('Copy the command', () => text),
  );
}
