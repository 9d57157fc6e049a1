/** Work that several callers want at the same time is done once in this process, and all of them get what came of it. */
export interface InFlight<T> {
  share(key: string, work: () => Promise<T>): Promise<T>
}

export function inFlight<T>(): InFlight<T> {
  const running = new Map<string, Promise<T>>()
  return {
    share(key, work) {
      const known = running.get(key)
      if (known) return known
      const mine = work().finally(() => running.delete(key))
      running.set(key, mine)
      return mine
    },
  }
}
