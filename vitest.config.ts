import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Their files start a functions host inside the test, and a process can have only one. */
const HOSTS = [
  'test/functions/api-contract.test.ts',
  'test/functions/routes.test.ts',
  'test/local/functions-host/host.test.ts',
]

/** Begun first, so that none of them is left alone at the end. */
const LONGEST = [
  'test/local/demo/chaos.test.ts',
  'test/functions/hostile.test.ts',
  'test/local/stack/stack.test.ts',
  'test/simulation/simulation.test.ts',
  'test/webhooks/webhooks.test.ts',
  'test/local/diagnose.test.ts',
]

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const place = LONGEST.findIndex((path) => moduleId.endsWith(path))
      return place < 0 ? LONGEST.length : place
    }
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b))
  }
}

export default defineConfig({
  test: {
    globalSetup: ['test/support/global-setup.ts'],
    // Only what hangs takes so long: a busy machine is no failure.
    testTimeout: 120_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 30_000 } },
    // More than CI has cores: many tests wait for a timer or a queue.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    projects: [
      // No test replaces a module or keeps state in one, so the files of a worker share what they import.
      { extends: true, test: { name: 'all', include: ['test/**/*.test.ts'], exclude: HOSTS, isolate: false } },
      { extends: true, test: { name: 'hosts', include: HOSTS } },
    ],
  },
})
