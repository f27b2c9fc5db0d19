// The emulator in a process of its own; prints its address and serves until its standard input ends.
import { createEmulator } from '@colloquy/emulator';

const listening = await createEmulator().listen();
console.log(listening.url);
process.stdin.resume().on('end', () => void listening.close().then(() => process.exit(0)));
