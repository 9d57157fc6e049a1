/** What a sign-in provider tells about a person, and what Herald asks of every provider. */
import { createHash } from 'node:crypto'
import * as z from 'zod'
import { AppError } from '../../errors.ts'
import type { ForeignProvider } from '../schema.ts'

/** A person the provider vouches for. The address is verified by it, and is never what an account is found by. */
export interface ProviderIdentity {
  provider: ForeignProvider
  /** The provider's own id of the person: it stays when name and address change. */
  subject: string
  email: string
  name: string | undefined
}

/** One sign-in in a browser: what the provider must bring back, and what only Herald and that browser know. */
export interface BrowserAttempt {
  state: string
  nonce: string
  codeVerifier: string
  redirectUri: string
}

export interface IdentityProvider {
  /** Of what a client got from the provider by itself. Throws `invalid_credentials` for anything but a good one. */
  ofCredential(credential: string): Promise<ProviderIdentity>
  /** Where the browser is sent to sign in. */
  authorizationUrl(attempt: BrowserAttempt): Promise<string>
  /** Of the code that the browser came back with. Throws `invalid_credentials` for one that is used, old or foreign. */
  ofCode(code: string, attempt: BrowserAttempt): Promise<ProviderIdentity>
}

/** PKCE: proves that who exchanges the code is who asked for it. */
export function codeChallenge({ codeVerifier }: BrowserAttempt): string {
  return createHash('sha256').update(codeVerifier).digest('base64url')
}

/** Throws if the provider's address is none that an account of ours can have. */
export function verifiedEmail(provider: ForeignProvider, email: string): string {
  const parsed = z.email().max(254).safeParse(email.trim())
  if (!parsed.success) throw refused(`${provider} gives no e-mail address that can be used here`)
  return parsed.data
}

/** A name as people chose it elsewhere, made to fit here. */
export function displayName(name: string | null | undefined): string | undefined {
  const fitting = (name ?? '').toWellFormed().replaceAll('\0', '').trim().slice(0, 255).toWellFormed().trim()
  return fitting === '' ? undefined : fitting
}

export function refused(words: string, cause?: unknown): AppError {
  return new AppError('invalid_credentials', words, { cause })
}
