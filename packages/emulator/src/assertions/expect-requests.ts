import { AssertionError } from 'node:assert';
import type { RecordedRequest } from '../exchange/recorder.ts';
import { wellFormed } from '../request/newest-message.ts';
import { readMatch } from '../scenarios/read-match.ts';
import { mismatches, type RequestMatch } from '../scenarios/request-match.ts';
import { ScenarioError } from '../scenarios/scenario-error.ts';
import { differenceIn, shown } from './partly-equal.ts';
import { tellRequest, tellRequests } from './tell-request.ts';

/** What is expected of one request; all that is given must hold. */
export type RequestExpectation = Omit<RequestMatch, 'nth'> & {
  method?: string | undefined;
  /** Without the query. */
  path?: string | undefined;
  /** HTTP status of the answer. */
  status?: number | undefined;
  state?: RecordedRequest['state'] | undefined;
  /** Headers among those sent; names in lower case. */
  headers?: Readonly<Record<string, string>> | undefined;
  /** Fields among those of the body, at any depth; lists are compared element by element. */
  body?: Readonly<Record<string, unknown>> | undefined;
};

/**
 * Compares the requests with what is expected of each, in order and in number.
 * @throws AssertionError of `node:assert`, which every test runner shows; its message tells all requests.
 * @throws TypeError for what is no condition: ignored, it would let every request pass.
 */
export function expectRequests(requests: readonly RecordedRequest[], expected: readonly RequestExpectation[]): void {
  for (const [index, expectation] of expected.entries()) demandKnown(expectation, index);
  for (const [index, expectation] of expected.entries()) {
    const request = requests[index];
    if (request === undefined) break;
    const wrong = flaws(request, expectation);
    if (wrong.length > 0)
      fail(`Request ${index + 1} is not as expected: ${wrong.join('; ')}`, {
        requests,
        expected: expectation,
        request,
      });
  }
  if (requests.length === expected.length) return;
  const counts = `${requests.length} ${requests.length === 1 ? 'request was' : 'requests were'} made, not ${expected.length}`;
  fail(counts, { requests, expected: expected.length, request: undefined });
}

/** The compiler tells this too, but not every test is compiled. */
function demandKnown(expectation: RequestExpectation, index: number): void {
  const conditions = Object.entries(expectation).filter(([name, wanted]) => wanted !== undefined && !FACTS.has(name));
  if (conditions.length === 0) return;
  try {
    if ('nth' in expectation)
      throw new ScenarioError('nth', 'cannot be expected: requests are compared in their order');
    readMatch(Object.fromEntries(conditions), '');
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    throw new TypeError(`expectRequests: of request ${index + 1}, ${error.path} ${error.problem}`, { cause: error });
  }
}

/** What can be expected besides the conditions of a scenario. */
const FACTS: ReadonlySet<string> = new Set<Exclude<keyof RequestExpectation, keyof RequestMatch>>([
  'method',
  'path',
  'status',
  'state',
  'headers',
  'body',
]);

function flaws(request: RecordedRequest, expected: RequestExpectation): string[] {
  const { method, path, status, state, headers, body, ...match } = expected;
  const facts: [name: string, actual: unknown, wanted: unknown][] = [
    ['method', request.method, method],
    ['path', request.path, path],
    ['status', request.status, status],
    ['state', request.state, state],
  ];
  return [
    ...facts
      .filter(([, actual, wanted]) => wanted !== undefined && wanted !== actual)
      .map(([name, actual, wanted]) => `${name} is ${shown(actual)}, not ${shown(wanted)}`),
    ...mismatches(match, { ...request.body, messages: wellFormed(request.messages) }),
    ...[differenceIn(request.headers, headers ?? {}, 'headers'), differenceIn(request.body, body ?? {}, 'body')].filter(
      (difference) => difference !== undefined,
    ),
  ];
}

function fail(
  problem: string,
  o: { requests: readonly RecordedRequest[]; expected: unknown; request: RecordedRequest | undefined },
): never {
  const told = o.requests.length === 0 ? '' : `\nThe requests were:\n${tellRequests(o.requests)}`;
  throw new AssertionError({
    message: `${problem}${told}`,
    actual: o.request === undefined ? o.requests.length : tellRequest(o.request),
    expected: o.expected,
    operator: 'expectRequests',
    stackStartFn: expectRequests,
  });
}
