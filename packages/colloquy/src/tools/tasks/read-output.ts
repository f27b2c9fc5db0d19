import { open } from 'node:fs/promises';

/** The end of what a task has printed so far, at most so many bytes, and how many came before. */
export async function readOutputEnd(path: string, maxBytes: number): Promise<{ text: string; leftOutBytes: number }> {
  const handle = await open(path, 'r');
  try {
    const { size } = await handle.stat();
    const from = Math.max(0, size - maxBytes);
    const buffer = Buffer.alloc(Math.min(size, maxBytes));
    const { bytesRead } = await handle.read(buffer, 0, buffer.byteLength, from);
    const text = new TextDecoder().decode(buffer.subarray(0, bytesRead));
    // A character cut in two by the bound shows as replacement characters, which are left out.
    return { text: from === 0 ? text : text.replace(/^\uFFFD+/, ''), leftOutBytes: from };
  } finally {
    await handle.close();
  }
}
