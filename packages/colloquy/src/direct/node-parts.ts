import type * as BuiltInRunner from './built-in-runner.ts';
import type * as SmallModel from './small-model.ts';
import type * as Registry from '../tools/registry.ts';
import type * as UndiciSend from './undici-send.ts';

// What the direct clients have only in Node, each loaded with its first use. Browsers have `node-parts-browser.ts` in its place.

export const loadBuiltInRunner = (): Promise<typeof BuiltInRunner> => import('./built-in-runner.ts');
export const loadSmallModel = (): Promise<typeof SmallModel> => import('./small-model.ts');
export const loadToolRegistry = (): Promise<typeof Registry> => import('../tools/registry.ts');
export const loadUndiciSend = (): Promise<typeof UndiciSend> => import('./undici-send.ts');
