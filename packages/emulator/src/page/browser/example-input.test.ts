import { expect, test } from 'vitest';
import { exampleInput } from './example-input.js';

test('an example has the required fields, and no others', () => {
  const schema = {
    type: 'object',
    properties: {
      file_path: { type: 'string' },
      limit: { type: 'integer', minimum: 1 },
      mode: { enum: ['read', 'write'] },
      all: { type: 'boolean', default: true },
      lines: { type: 'array', minItems: 1, items: { type: 'number' } },
      tags: { type: ['array', 'null'] },
      optional: { type: 'string' },
    },
    required: ['file_path', 'limit', 'mode', 'all', 'lines', 'tags'],
  };
  expect(exampleInput(schema)).toEqual({ file_path: '', limit: 1, mode: 'read', all: true, lines: [0], tags: [] });
});

test('follows references within the schema, and the first of several choices', () => {
  const schema = {
    properties: { at: { $ref: '#/$defs/a~1b' }, size: { anyOf: [{ const: 'small' }, { type: 'number' }] } },
    required: ['at', 'size'],
    $defs: { 'a/b': { type: 'object', properties: { line: { type: 'integer' } }, required: ['line'] } },
  };
  expect(exampleInput(schema)).toEqual({ at: { line: 0 }, size: 'small' });
});

test('a schema that refers to itself comes to an end, and what is no schema makes an empty input', () => {
  const schema = { type: 'object', properties: { next: { $ref: '#' } }, required: ['next'] };
  expect(JSON.stringify(exampleInput(schema)).length).toBeLessThan(200);
  expect([
    exampleInput(undefined),
    exampleInput(true),
    exampleInput({ $ref: '#' }),
    exampleInput({ $ref: 'x' }),
  ]).toEqual([{}, {}, {}, {}]);
});
