import { expect, expectTypeOf, test } from 'vitest';
import { type FromSchema, inputParser } from './from-schema.ts';

const SCHEMA = {
  type: 'object',
  properties: {
    file_path: { type: 'string' },
    limit: { type: 'integer', minimum: 1 },
    mode: { type: 'string', enum: ['content', 'count'] },
    range: { type: 'array', items: { type: 'integer' }, minItems: 2, maxItems: 2 },
    '-i': { type: 'boolean' },
  },
  required: ['file_path'],
  additionalProperties: false,
} as const;

const parse = inputParser(SCHEMA);

test('the input type follows from the schema', () => {
  expectTypeOf<FromSchema<typeof SCHEMA>>().toExtend<{
    file_path: string;
    limit?: number | undefined;
    mode?: 'content' | 'count' | undefined;
    range?: number[] | undefined;
    '-i'?: boolean | undefined;
  }>();
});

test('a fitting input comes back as it is', async () => {
  const input = { file_path: 'a', limit: 3, mode: 'count', range: [1, 2], '-i': true };
  expect(await parse(input)).toEqual(input);
});

test('an unknown key is told together with the known ones', async () => {
  await expect(parse({ file_path: 'a', path: 'b' })).rejects.toThrow(
    '"path" is not known (known: file_path, limit, mode, range, -i)',
  );
});

test('a missing key and a wrong type are both told', async () => {
  await expect(parse({ limit: '3' })).rejects.toThrow(
    '"file_path" is missing; "limit": Invalid input: expected number, received string',
  );
});

test('an input that is no object is refused', async () => {
  await expect(parse('file.txt')).rejects.toThrow('it: Invalid input: expected object, received string');
});

test('a NUL in a path is refused before anything is decided about it', async () => {
  await expect(parse({ file_path: 'bad\0name' })).rejects.toThrow('"file_path" holds a NUL character');
});
