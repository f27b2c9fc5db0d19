import { batchResults, cancelBatch, createBatch, deleteBatch, listBatches, showBatch } from '../endpoints/batches.ts';
import { countTokens } from '../endpoints/count-tokens.ts';
import { deleteFile, downloadFile, listFiles, showFile, uploadFile } from '../endpoints/files.ts';
import { createMessage } from '../endpoints/messages.ts';
import { listModels, showModel } from '../endpoints/models.ts';
import type { HttpResponse } from '../http-send.ts';
import { refuse } from '../refusals/refusal.ts';
import type { Context } from './context.ts';
import { placeOf } from './recorder.ts';

const MB = 1024 * 1024;
const MAX_BODY_BYTES = 32 * MB;

/** One method of one path. `answer` gets the path's part in brackets, decoded. */
type Route = {
  method: 'GET' | 'POST' | 'DELETE';
  path: RegExp;
  /** Default 32 MB. */
  maxBodyBytes?: number;
  /** The body is a form with files, not JSON. */
  takesForm?: boolean;
  /** Batches do not go on when such a request comes; it sees to that itself. */
  leavesBatches?: boolean;
  answer(context: Context, id: string): HttpResponse | Promise<HttpResponse>;
};

const ROUTES: readonly Route[] = [
  { method: 'POST', path: /^\/v1\/messages$/, answer: createMessage },
  { method: 'POST', path: /^\/v1\/messages\/count_tokens$/, answer: countTokens },
  { method: 'POST', path: /^\/v1\/messages\/batches$/, maxBodyBytes: 256 * MB, answer: createBatch },
  { method: 'GET', path: /^\/v1\/messages\/batches$/, answer: listBatches },
  { method: 'GET', path: /^\/v1\/messages\/batches\/([^/]+)$/, answer: showBatch },
  { method: 'DELETE', path: /^\/v1\/messages\/batches\/([^/]+)$/, answer: deleteBatch },
  { method: 'GET', path: /^\/v1\/messages\/batches\/([^/]+)\/results$/, answer: batchResults },
  { method: 'POST', path: /^\/v1\/messages\/batches\/([^/]+)\/cancel$/, leavesBatches: true, answer: cancelBatch },
  { method: 'GET', path: /^\/v1\/models$/, answer: listModels },
  { method: 'GET', path: /^\/v1\/models\/([^/]+)$/, answer: showModel },
  { method: 'POST', path: /^\/v1\/files$/, takesForm: true, maxBodyBytes: 500 * MB, answer: uploadFile },
  { method: 'GET', path: /^\/v1\/files$/, answer: listFiles },
  { method: 'GET', path: /^\/v1\/files\/([^/]+)$/, answer: showFile },
  { method: 'DELETE', path: /^\/v1\/files\/([^/]+)$/, answer: deleteFile },
  { method: 'GET', path: /^\/v1\/files\/([^/]+)\/content$/, answer: downloadFile },
];

/** Where a request goes; undefined for an unknown path, and for a method that the path does not have. */
export type Place = { route: Route | undefined; isPathKnown: boolean; id: string };

/** Finds the route of a request. */
export function findRoute(method: string, path: string): Place {
  let isPathKnown = false;
  for (const route of ROUTES) {
    const found = route.path.exec(path);
    if (found === null) continue;
    isPathKnown = true;
    if (route.method === method) return { route, isPathKnown, id: decoded(found[1] ?? '') };
  }
  return { route: undefined, isPathKnown, id: '' };
}

/** How much of a request's body is read, by its request line. */
export function maxBodyBytes(method: string, target: string): number {
  return maxBytesOf(findRoute(method, placeOf(target).path));
}

export function maxBytesOf(place: Place): number {
  return place.route?.maxBodyBytes ?? MAX_BODY_BYTES;
}

/** @throws Refusal: 404 for an unknown path, 405 for a method that it does not have. */
export function routeOf(place: Place, o: { method: string; path: string }): Route {
  if (place.route) return place.route;
  if (place.isPathKnown) refuse(`Method not allowed: ${o.method} ${o.path}`, { status: 405 });
  return refuse(`Not found: ${o.path}`, { status: 404 });
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch (error) {
    if (error instanceof URIError) return part;
    throw error;
  }
}
