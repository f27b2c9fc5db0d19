import type { UUID } from './derived-uuid.ts';

/** A UUID that nobody can guess. Also where a page was not loaded over https, which has no `crypto.randomUUID`. */
export function randomUuid(): UUID {
  // Absent there, whatever the types say.
  const { randomUUID } = crypto as { randomUUID?: () => UUID };
  return randomUUID === undefined ? fromBytes(crypto.getRandomValues(new Uint8Array(16))) : crypto.randomUUID();
}

/** A UUID (version 4) of 16 random bytes. */
function fromBytes(bytes: Uint8Array): UUID {
  const digits = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  const variant = ((Number.parseInt(digits.slice(16, 18), 16) & 0x3f) | 0x80).toString(16);
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(13, 16)}-${variant}${digits.slice(18, 20)}-${digits.slice(20)}`;
}
