import type { OutputFile, OutputFolder } from './output-folder.ts';

/** What is held in memory before a file is made for it. */
const HELD_BYTES = 60_000;

/** Where the whole output of a command lies. */
export type KeptOutput = { path: string; size: number };

/**
 * The whole output of one command, both streams as they came: in memory while it is short, else in a file. What the file cannot
 * take is dropped; `onFull` is told once when that is because there is too much of it.
 */
export class CommandOutput {
  readonly #folder: OutputFolder;
  readonly #name: string | undefined;
  readonly #onFull: () => void;
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  #file: Promise<OutputFile | undefined> | undefined;
  #isFull = false;
  #problem: string | undefined;

  /** `name` is that of the file, if there is to be one. */
  constructor(folder: OutputFolder, o: { name?: string | undefined; onFull: () => void }) {
    this.#folder = folder;
    this.#name = o.name;
    this.#onFull = o.onFull;
  }

  /** There was more than a file may hold. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /** Why the output is not whole, apart from its being too long. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Takes a piece. A promise says that it is being written, and that more is to come only then. */
  add(piece: Uint8Array): Promise<void> | undefined {
    if (this.#file === undefined && this.#heldBytes + piece.byteLength <= HELD_BYTES) {
      this.#held.push(piece);
      this.#heldBytes += piece.byteLength;
      return undefined;
    }
    return this.#write(piece);
  }

  /** From now on everything is in a file. @throws Error when there can be none */
  async toFile(): Promise<string> {
    const file = await (this.#file ??= this.#open());
    if (file === undefined) throw new Error(`The output cannot be kept: ${this.#problem}`);
    return file.path;
  }

  /** The output has ended. Undefined: it was short, and there is no file. */
  async end(): Promise<KeptOutput | undefined> {
    const file = await this.#file;
    this.#held = [];
    if (file === undefined) return undefined;
    await file.end();
    return { path: file.path, size: file.size };
  }

  async #write(piece: Uint8Array): Promise<void> {
    const file = await (this.#file ??= this.#open());
    await file?.write(piece);
    if (file?.problem === undefined) return;
    if (file.problem !== 'full') {
      this.#problem ??= file.problem.message;
      return;
    }
    if (this.#isFull) return;
    this.#isFull = true;
    this.#onFull();
  }

  async #open(): Promise<OutputFile | undefined> {
    try {
      const file = await this.#folder.create(this.#name);
      const held = Buffer.concat(this.#held);
      this.#held = [];
      await file.write(held);
      return file;
    } catch (error) {
      this.#problem = error instanceof Error ? error.message : String(error);
      return undefined;
    }
  }
}
