/** What a check found: fine, or wrong with what to do about it. */
export interface Finding {
  what: string
  found: string
  /** Present where something is wrong. */
  cure?: string
}

export function fine(what: string, found: string): Finding {
  return { what, found }
}

export function wrong(what: string, found: string, cure: string): Finding {
  return { what, found, cure }
}

/** Whatever a check throws is a finding too. */
export async function found(what: string, cure: string, check: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await check()
  } catch (error) {
    return [wrong(what, wordsOf(error), cure)]
  }
}

/** One line, without the address of a request: it may carry a secret. */
function wordsOf(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error)
  return (text.split('\n')[0] ?? '').replaceAll(/\?\S+/g, '').slice(0, 300)
}

export function shown({ what, found: text, cure }: Finding): string {
  return cure === undefined ? `  ok     ${what}: ${text}` : `  WRONG  ${what}: ${text}\n           → ${cure}`
}
