import { ConfigurationError } from '../errors.ts';
import { isRecord } from '../helpers/is-record.ts';

/** How something failed, by the name of its error. */
export type CassetteFailure = { name: string; message: string };

/** What came back; `left`: whoever had asked did not wait for it, or for the rest of it. */
export type CassetteResponse =
  | {
      status: number;
      headers: Record<string, string>;
      /** Text, or bytes in base64. */
      body: string;
      base64?: true | undefined;
      end: 'whole' | 'left' | CassetteFailure;
    }
  | { failed: 'left' | CassetteFailure };

export type CassetteExchange = { method: string; path: string; request: unknown; response: CassetteResponse };

/** The exchanges of one or more conversations with the Messages API, in the order in which they were begun. */
export type Cassette = { exchanges: CassetteExchange[] };

const HEAD = { colloquyCassette: 1 };

/** The first line of the file of a cassette. */
export const CASSETTE_HEAD: string = `${JSON.stringify(HEAD)}\n`;

/** The line of one exchange; `number` is its place, because exchanges end in another order than they begin. */
export function lineOf(number: number, exchange: CassetteExchange): string {
  return `${JSON.stringify({ number, ...exchange })}\n`;
}

/** Reads what the file of a cassette holds. A last line that is torn is dropped. @throws ConfigurationError when it is none */
export function parseCassette(text: string, name: string): Cassette {
  const lines = text.split('\n');
  const head = parsed(lines[0] ?? '');
  if (!isRecord(head) || head['colloquyCassette'] !== HEAD.colloquyCassette)
    throw new ConfigurationError(`${name} is no cassette that this version can read; record it again`);
  const exchanges: { number: number; exchange: CassetteExchange }[] = [];
  for (const [index, line] of lines.slice(1).entries()) {
    const value = line === '' ? undefined : parsed(line);
    if (isExchange(value)) {
      const { number, ...exchange } = value;
      exchanges.push({ number, exchange });
    } else if (line !== '' && index < lines.length - 2) {
      throw new ConfigurationError(`Line ${index + 2} of ${name} is no exchange; record the cassette again`);
    }
  }
  return { exchanges: exchanges.toSorted((a, b) => a.number - b.number).map(({ exchange }) => exchange) };
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isExchange(value: unknown): value is CassetteExchange & { number: number } {
  if (!isRecord(value) || typeof value['number'] !== 'number') return false;
  return typeof value['method'] === 'string' && typeof value['path'] === 'string' && isRecord(value['response']);
}
