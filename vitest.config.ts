import { defineConfig } from 'vitest/config'

/** Their files start a functions host inside the test, and a process can have only one. */
const HOSTS = [
  'test/functions/api-contract.test.ts',
  'test/functions/routes.test.ts',
  'test/local/functions-host/host.test.ts',
]

export default defineConfig({
  test: {
    globalSetup: ['test/support/global-setup.ts'],
    // Only what hangs takes so long: a busy machine is no failure.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // More than CI has cores: many tests wait for a timer or a queue.
    maxWorkers: 3,
    projects: [
      // No test replaces a module or keeps state in one, so the files of a worker share what they import.
      { extends: true, test: { name: 'all', include: ['test/**/*.test.ts'], exclude: HOSTS, isolate: false } },
      { extends: true, test: { name: 'hosts', include: HOSTS } },
    ],
  },
})
