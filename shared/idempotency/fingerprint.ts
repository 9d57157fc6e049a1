/** What makes two requests the same one. */
import { createHash } from 'node:crypto'
import { sha256Hex } from '../crypto/sha256.ts'

/** Of parsed parts, so that neither the order of fields nor spaces between them make another request. */
export function fingerprintOf(parts: unknown): string {
  return sha256Hex(canonical(parts))
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_name, inner: unknown) => (isRecord(inner) ? sorted(inner) : inner))
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function sorted(record: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)))
}

export interface PartName {
  name: string
  filename: string | undefined
}

/**
 * Of a form, part by part as it arrives. Its bytes as they are would not do: the boundary between the parts is another
 * one each time a client sends the same form.
 */
export function formFingerprint() {
  const form = createHash('sha256')
  let part = createHash('sha256')
  return {
    part({ name, filename }: PartName): void {
      form.update(part.digest())
      part = createHash('sha256').update(JSON.stringify([name, filename ?? null]))
    },
    content(bytes: Uint8Array): void {
      part.update(bytes)
    },
    end: (): string => form.update(part.digest()).digest('hex'),
  }
}

export function fingerprintOfForm(parts: readonly (PartName & { content: Uint8Array })[]): string {
  const form = formFingerprint()
  for (const part of parts) {
    form.part(part)
    form.content(part.content)
  }
  return form.end()
}
