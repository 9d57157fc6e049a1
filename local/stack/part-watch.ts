/** Knows every running part: notices one that ends unasked, and stops them all. */
import type { Child } from '../process/child.ts'

interface Part {
  name: string
  child: Child
  /** Parts that stop while the others still serve them. */
  when: 'first' | 'last'
}

export interface PartWatch {
  /** Resolves with one sentence when a part ends that nobody wanted to end. */
  broken: Promise<string>
  add(name: string, child: Child, when?: Part['when']): void
  /** This one is about to be ended on purpose. */
  expectEnd(child: Child): void
  /** Safe to call twice. */
  stopAll: () => Promise<void>
}

export function partWatch(): PartWatch {
  const parts = new Set<Part>()
  const expected = new WeakSet<Child>()
  const { promise: broken, resolve: breaks } = Promise.withResolvers<string>()
  let stopping: Promise<void> | undefined

  const stopThose = async (when: Part['when']): Promise<void> => {
    const chosen = [...parts].filter((part) => part.when === when)
    await Promise.all(chosen.map(({ child }) => child.stop()))
  }
  const stopInOrder = async (): Promise<void> => {
    for (const { child } of parts) expected.add(child)
    await stopThose('first')
    await stopThose('last')
  }

  return {
    broken,
    add(name, child, when = 'last') {
      const part = { name, child, when }
      parts.add(part)
      void child.ended.then(() => {
        parts.delete(part)
        if (!expected.has(child)) breaks(`${name} ended by itself (${endOf(child)}).${lastWords(child)}`)
      })
    },
    expectEnd(child) {
      expected.add(child)
    },
    stopAll: () => (stopping ??= stopInOrder()),
  }
}

function endOf({ process: { exitCode, signalCode } }: Child): string {
  return signalCode === null ? `code ${String(exitCode)}` : signalCode
}

function lastWords(child: Child): string {
  const errors = child.errors()
  return errors === '' ? '' : ` Its last words:\n${errors}`
}
