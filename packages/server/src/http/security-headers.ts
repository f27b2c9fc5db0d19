const EVERYWHERE = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
} as const;

const DATA = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cache-control': 'no-store',
} as const;

const PAGE = {
  // Images in answers are shown only when they are part of the answer: a remote one would tell its host what was read.
  'content-security-policy':
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
} as const;

/** Puts the headers on a response that every browser must see. There are no CORS headers: no other site may read anything. */
export function setSecurityHeaders(headers: Headers, kind: 'page' | 'data'): void {
  for (const [name, value] of Object.entries({ ...EVERYWHERE, ...(kind === 'page' ? PAGE : DATA) })) {
    if (!headers.has(name)) headers.set(name, value);
  }
}
