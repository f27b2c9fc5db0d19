import { describe, expect, test } from 'vitest';
import { findMismatch } from './find-mismatch.ts';
import type { Schema } from './resolve-ref.ts';
import { sampleValue } from './sample-value.ts';

const NODE = {
  $defs: {
    node: {
      type: 'object',
      properties: { value: { type: 'string' }, next: { anyOf: [{ $ref: '#/$defs/node' }, { type: 'null' }] } },
      required: ['value', 'next'],
      additionalProperties: false,
    },
  },
  $ref: '#/$defs/node',
};

describe('findMismatch', () => {
  test.each<[schema: Schema, value: unknown]>([
    [true, 1],
    [{}, null],
    [{ type: 'integer' }, 2],
    [{ type: ['string', 'null'] }, null],
    [{ enum: ['a', { b: 1 }] }, { b: 1 }],
    [{ const: 3 }, 3],
    [{ type: 'array', items: { type: 'number' } }, [1, 2.5]],
    [{ anyOf: [{ type: 'string' }, { type: 'boolean' }] }, false],
    [{ allOf: [{ required: ['a'] }, { required: ['b'] }] }, { a: 1, b: 2 }],
    [{ type: 'object', additionalProperties: { type: 'number' } }, { x: 1 }],
    [NODE, { value: 'a', next: { value: 'b', next: null } }],
    [{ $ref: '#/nowhere' }, 'anything'],
  ])('%j takes %j', (schema, value) => {
    expect(findMismatch(value, schema)).toBeUndefined();
  });

  test.each<[schema: Schema, value: unknown, mismatch: string]>([
    [false, 1, '$: nothing is allowed here'],
    [{ type: 'integer' }, 2.5, '$: is not of type integer'],
    [{ type: ['string', 'null'] }, 1, '$: is not of type string or null'],
    [{ enum: ['a', 'b'] }, 'c', '$: is not one of ["a","b"]'],
    [{ const: 3 }, 4, '$: is not 3'],
    [{ type: 'array', items: { type: 'number' } }, [1, 'x'], '$[1]: is not of type number'],
    [{ type: 'array', minItems: 1 }, [], '$: has fewer than 1 items'],
    [{ anyOf: [{ type: 'string' }, { type: 'boolean' }] }, 1, '$: fits none of the 2 schemas allowed'],
    [{ properties: { a: { required: ['b'] } } }, { a: {} }, '$.a: lacks "b"'],
    [{ type: 'object', required: ['toString'] }, {}, '$: lacks "toString"'],
    [NODE, { value: 'a', next: { value: 'b' } }, '$.next: fits none of the 2 schemas allowed'],
  ])('%j does not take %j', (schema, value, mismatch) => {
    expect(findMismatch(value, schema)).toBe(mismatch);
  });
});

describe('sampleValue', () => {
  test.each<[schema: Schema, value: unknown]>([
    [{ type: 'string' }, 'simulated'],
    [{ type: 'string', format: 'date' }, '2026-01-01'],
    [{ enum: ['b', 'a'] }, 'b'],
    [{ const: 7 }, 7],
    [{ type: 'integer', minimum: 5 }, 5],
    [{ type: 'array', items: { type: 'boolean' } }, [true]],
    [
      { type: 'object', properties: { a: { type: 'number' }, b: { type: 'null' } } },
      { a: 1, b: null },
    ],
    [{ allOf: [{ properties: { a: { type: 'number' } } }, { properties: { b: { type: 'number' } } }] }, { a: 1, b: 1 }],
    [true, null],
  ])('of %j is %j', (schema, value) => {
    expect(sampleValue(schema)).toEqual(value);
    expect(findMismatch(sampleValue(schema), schema)).toBeUndefined();
  });

  test('of a schema that contains itself comes to an end, and fits', () => {
    expect(findMismatch(sampleValue(NODE), NODE)).toBeUndefined();
    const endless = { type: 'object', properties: { next: { $ref: '#' } }, required: ['next'] };
    expect(JSON.stringify(sampleValue(endless)).length).toBeLessThan(1000);
  });
});
