/**
 * Webhooks on their way: waits until an update is due, joins what is due together into signed POSTs, keeps a bounded
 * number of them in flight, and tries again with back-off until the receiver answers 200.
 */
import { deliver } from './delivery.ts'
import type { Delivery } from './delivery.ts'
import { TimeHeap } from './time-heap.ts'
import { phoneNumberOf, wabaOf, webhookBody } from './webhook-bodies.ts'
import type { Update, ValueUpdate } from './webhook-bodies.ts'
import { WebhookLog } from './webhook-log.ts'
import { wireBody } from './wire.ts'
import { newId } from './world.ts'
import type { World } from './world.ts'

type Post = {
  kind: 'post'
  due: number
  order?: number
  body: string
  updates: Update[]
  attempts: number
  firstAt: number
}
type Action = { kind: 'action'; due: number; order?: number; run: () => void }

export class Outbox {
  readonly log: WebhookLog
  #world: World
  #heap = new TimeHeap<Update | Post | Action>()
  #ready: Update[] = []
  #readyFrom = 0
  #retries: Post[] = []
  #inFlight = 0
  #timer: NodeJS.Timeout | undefined
  #timerDue = Infinity
  #isHeld = false
  #isClosed = false
  #generation = 0
  #waiters = new Set<() => void>()
  #delivery: Delivery

  constructor(world: World, delivery: Delivery) {
    this.#world = world
    this.#delivery = delivery
    this.log = new WebhookLog(world.store)
  }

  /** Updates, retries and timed events that have not ended yet. */
  get pending(): number {
    return this.#heap.size + this.#ready.length - this.#readyFrom + this.#retries.length + this.#inFlight
  }

  get isHeld(): boolean {
    return this.#isHeld
  }

  /** Schedules what becomes of an accepted message. */
  addStatus(sent: Update & { kind: 'status' }): void {
    this.#heap.push(sent)
    this.#arm()
  }

  /** Schedules a change of another kind; it survives a restart. */
  addValue(update: Omit<ValueUpdate, 'id' | 'kind'>): string {
    const stored: ValueUpdate = { kind: 'value', id: newId(this.#world), ...update }
    this.#world.store.put('event', stored.id, stored)
    this.restoreValue(stored)
    return stored.id
  }

  restoreValue(stored: ValueUpdate): void {
    this.#heap.push(stored)
    this.#arm()
  }

  /** Something the world does at a time, such as a template review. */
  at(due: number, run: () => void): void {
    this.#heap.push({ kind: 'action', due, run })
    this.#arm()
  }

  hold(): void {
    this.#isHeld = true
  }

  release(): void {
    this.#isHeld = false
    this.#send()
    this.#arm()
  }

  /** Looks at the clock again, after it was moved or a limit changed. */
  wake(): void {
    this.#timerDue = Infinity
    this.#arm()
  }

  clear(): void {
    this.#heap.clear()
    this.#ready = []
    this.#readyFrom = 0
    this.#retries = []
    this.#inFlight = 0
    this.#generation += 1
    this.log.clear()
    this.#settle()
  }

  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#timer)
    await this.#delivery.close()
  }

  /** Resolves when nothing is pending, or after the time has passed; says which. */
  async quiet(timeoutMs: number): Promise<boolean> {
    if (this.pending === 0) return true
    return new Promise((resolve) => {
      const timer = setTimeout(() => end(false), timeoutMs)
      const waiter = (): void => end(true)
      const end = (isQuiet: boolean): void => {
        clearTimeout(timer)
        this.#waiters.delete(waiter)
        resolve(isQuiet)
      }
      this.#waiters.add(waiter)
    })
  }

  #arm(): void {
    const due = this.#heap.nextDue
    if (this.#isClosed || due >= this.#timerDue) return
    clearTimeout(this.#timer)
    this.#timerDue = due
    // Never sooner than a tick: what falls due within one shares a POST. Never later than setTimeout can count.
    const wait = Math.min(Math.max(due - this.#world.now(), this.#world.behaviour.batch_wait_ms), 2 ** 31 - 1)
    this.#timer = setTimeout(() => this.#tick(), wait)
  }

  #tick(): void {
    this.#timerDue = Infinity
    const now = this.#world.now()
    for (let item = this.#heap.popDue(now); item; item = this.#heap.popDue(now)) {
      if (item.kind === 'action') item.run()
      else if (item.kind === 'post') this.#retries.push(item)
      else this.#ready.push(item)
    }
    this.#send()
    this.#arm()
    this.#settle()
  }

  #send(): void {
    while (!this.#isHeld && !this.#isClosed && this.#inFlight < this.#world.behaviour.webhook_concurrency) {
      const post = this.#retries.shift() ?? this.#nextPost()
      if (!post) return
      void this.#attempt(post)
    }
  }

  /** Takes what is ready for one receiver, up to the size of a batch. */
  #nextPost(): Post | undefined {
    for (;;) {
      const first = this.#ready[this.#readyFrom]
      if (!first) return undefined
      const url = this.#urlOf(first)
      const updates: Update[] = []
      for (;;) {
        const next = this.#ready[this.#readyFrom]
        if (!next || updates.length >= this.#world.behaviour.batch_max || this.#urlOf(next) !== url) break
        updates.push(next)
        this.#readyFrom += 1
      }
      if (this.#readyFrom > 4096 || this.#readyFrom === this.#ready.length) {
        this.#ready = this.#ready.slice(this.#readyFrom)
        this.#readyFrom = 0
      }
      const now = this.#world.now()
      if (url !== null) {
        const body = wireBody(webhookBody(this.#world, updates))
        return { kind: 'post', due: now, body, updates, attempts: 0, firstAt: now }
      }
      this.log.drop(updates)
    }
  }

  async #attempt(post: Post): Promise<void> {
    const { behaviour } = this.#world
    const generation = this.#generation
    const [first] = post.updates
    const url = first ? this.#urlOf(first) : null
    this.#inFlight += 1
    post.attempts += 1
    const outcome =
      url === null ? 'no receiver' : await deliver(this.#delivery, url, post.body, behaviour.webhook_timeout_ms)
    // What was in flight at a reset belongs to a world that is gone.
    if (this.#isClosed || generation !== this.#generation) return
    this.#inFlight -= 1
    const now = this.#world.now()
    if (outcome === 200) this.log.report(post.updates, { at: now, attempts: post.attempts })
    else if (url === null) this.log.drop(post.updates)
    else {
      this.log.countFailure(outcome)
      if (now - post.firstAt > behaviour.retry_for_ms) this.log.giveUp(post.updates)
      else {
        post.due = now + Math.min(behaviour.retry_first_ms * 2 ** (post.attempts - 1), behaviour.retry_max_ms)
        this.#heap.push(post)
        this.#arm()
      }
    }
    this.#send()
    this.#settle()
  }

  /** Where this update goes now; null while the WABA is not subscribed or nobody gave a URL. */
  #urlOf(update: Update): string | null {
    const { wabas, phoneNumbers, settings } = this.#world
    const waba = wabas.get(wabaOf(update))
    if (waba?.subscribed !== true) return null
    const number = phoneNumbers.get(phoneNumberOf(update) ?? '')
    return number?.overrideUrl ?? waba.overrideUrl ?? settings.webhookUrl
  }

  #settle(): void {
    if (this.pending > 0) return
    for (const waiter of [...this.#waiters]) waiter()
  }
}
