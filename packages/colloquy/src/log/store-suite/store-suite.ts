import { describe, onTestFinished } from 'vitest';
import { appendTests } from './append-tests.ts';
import { draftTests } from './draft-tests.ts';
import { leaseTests } from './lease-tests.ts';
import { rowTests } from './row-tests.ts';
import type { OpenPlace, StorePlace } from './store-place.ts';
import { watchTests } from './watch-tests.ts';
import { writersTests } from './writers-tests.ts';

/** What every store must do, as tests. `newPlace` is called once a test. */
export function storeSuite(name: string, newPlace: () => Promise<StorePlace>): void {
  const place: OpenPlace = async () => {
    const made = await newPlace();
    onTestFinished(() => made.remove());
    return made;
  };
  describe(name, () => {
    describe('append and read', () => {
      appendTests(place);
    });
    describe('rows', () => {
      rowTests(place);
    });
    describe('drafts', () => {
      draftTests(place);
    });
    describe('leases', () => {
      leaseTests(place);
    });
    describe('watch', () => {
      watchTests(place);
    });
    describe('writers side by side', () => {
      writersTests(place);
    });
  });
}
