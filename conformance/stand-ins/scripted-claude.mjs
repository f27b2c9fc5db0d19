// A stand-in for Claude Code: it says what the file of CONFORMANCE_SCRIPT tells it to, and notes what it is told in that of
// CONFORMANCE_LOG, a JSON object a line. See ../harness/stand-in.ts for the script.
import { appendFileSync, readFileSync, writeSync } from 'node:fs';
import { createInterface } from 'node:readline';

const SESSION = '33333333-3333-4333-8333-333333333333';
const script = JSON.parse(readFileSync(process.env.CONFORMANCE_SCRIPT, 'utf8'));
const note = (what) => appendFileSync(process.env.CONFORMANCE_LOG, `${JSON.stringify(what)}\n`);
const say = (line) => write(typeof line === 'string' ? line : `${JSON.stringify(line)}\n`);

/** A pipe that is full takes a part, or nothing for now. */
function write(text) {
  let rest = Buffer.from(text);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(1, rest));
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
    }
  }
}

const envOf = (names) => Object.fromEntries(names.map((name) => [name, process.env[name] ?? null]));
note({ argv: process.argv.slice(2), env: envOf(script.env ?? []), cwd: process.cwd() });
if (script.exitAtOnce !== undefined) {
  process.stderr.write('It does not start.\n');
  process.exit(script.exitAtOnce);
}
process.on('SIGTERM', () => {
  note({ signal: 'SIGTERM' });
  if (script.ignoreTerm !== true) process.exit(143);
});

const INITIALIZED = {
  commands: [],
  agents: [],
  models: [],
  account: {},
  output_style: 'default',
  available_output_styles: ['default'],
};
const BASE = { uuid: '44444444-4444-4444-8444-444444444444', session_id: SESSION };
let turns = 0;
/** The prompt that a result answers, if it has a uuid. */
let answering = {};

async function act(steps) {
  for (const step of steps) {
    if (step.say !== undefined) say({ ...BASE, ...step.say, ...(step.say.type === 'result' ? answering : {}) });
    else if (step.raw !== undefined) say(step.raw);
    else if (step.bytes !== undefined) await inPieces(step.bytes);
    else if (step.ask !== undefined) say({ type: 'control_request', request_id: step.id, request: step.ask });
    else if (step.waitFor !== undefined) await answered(step.waitFor);
    else if (step.exit !== undefined) {
      process.stderr.write('It ends here.\n');
      process.exit(step.exit);
    }
  }
}

async function inPieces(text) {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += 7) {
    write(bytes.subarray(at, at + 7));
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

const answers = new Map();
function answered(id) {
  if (!answers.has(id)) answers.set(id, Promise.withResolvers());
  return answers.get(id).promise;
}

function onLine(text) {
  const line = JSON.parse(text);
  note({ in: line });
  if (line.type === 'control_response') {
    void answered(line.response.request_id);
    answers.get(line.response.request_id).resolve();
  }
  if (line.type === 'control_request') answer(line);
  if (line.type === 'user')
    answering = line.uuid === undefined ? {} : { user_message_uuid: line.uuid, user_message_uuids: [line.uuid] };
  if (line.type === 'user') void act(script.turns?.[turns++] ?? [{ say: result() }]);
}

function answer({ request_id, request }) {
  const error = script.errors?.[request.subtype];
  if (script.silent?.includes(request.subtype)) return;
  const response =
    request.subtype === 'initialize' ? { ...INITIALIZED, ...script.initialized } : script.answers?.[request.subtype];
  const body =
    error === undefined
      ? { subtype: 'success', request_id, response: response ?? {} }
      : { subtype: 'error', request_id, ...error };
  say({ type: 'control_response', response: body });
  if (request.subtype === 'initialize') void act(script.first ?? []);
}

function result() {
  return {
    type: 'result',
    subtype: 'success',
    is_error: false,
    duration_ms: 1,
    duration_api_ms: 1,
    num_turns: 1,
    result: 'Done.',
    stop_reason: 'end_turn',
    total_cost_usd: 0,
    usage: {},
    modelUsage: {},
    permission_denials: [],
  };
}

createInterface({ input: process.stdin })
  .on('line', onLine)
  .on('close', () => {
    note({ end: true });
    if (script.staysAfterEnd !== true) process.exit(script.exitCode ?? 0);
  });
if (script.staysAfterEnd === true) setInterval(() => undefined, 1000);
