import { defineConfig } from 'vitest/config'

/** `npm run test:limits`: what `npm test` leaves out because it takes a minute or more. */
export default defineConfig({
  test: {
    globalSetup: ['test/support/global-setup.ts'],
    testTimeout: 600_000,
    hookTimeout: 120_000,
    include: ['test/limits/*.limits.ts'],
  },
})
