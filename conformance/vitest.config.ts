import { defineConfig } from 'vitest/config';
import base from '../vitest.config.ts';

// Run by script/conformance. Programs of others start here, so that a test may take longer than our own; where several
// hang, the rest is not waited for.
export default defineConfig({
  ...base,
  test: { ...base.test, include: ['conformance/**/*.test.ts'], testTimeout: 60_000, hookTimeout: 30_000, bail: 3 },
});
