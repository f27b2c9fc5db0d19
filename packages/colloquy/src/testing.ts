// The entry `colloquy/testing`: conversations that are recorded once and replayed offline. A name added here is a promise.
export type { Cassette, CassetteExchange, CassetteFailure, CassetteResponse } from './cassette/cassette.ts';
export { cassetteOfSession, saveCassette } from './cassette/cassette-of-session.ts';
export { recordCassette, type RecordOptions } from './cassette/record-cassette.ts';
export { CassetteMismatchError, replayCassette, type ReplaySend } from './cassette/replay-cassette.ts';
export type { ScrubOptions } from './cassette/scrub.ts';
export { type CassetteContext, useCassette, type UseCassetteOptions } from './cassette/use-cassette.ts';
