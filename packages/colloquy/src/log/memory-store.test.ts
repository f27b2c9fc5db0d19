import { createMemoryStore } from './memory-store.ts';
import { storeSuite } from './store-suite/store-suite.ts';

storeSuite('the store in memory', async () => {
  const store = createMemoryStore();
  return { open: async () => store, survivesClosing: false, remove: async () => store[Symbol.asyncDispose]() };
});
