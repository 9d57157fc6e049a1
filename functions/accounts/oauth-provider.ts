/** The provider in the path of the browser flow, in any letter case. */
import * as z from 'zod'
import type { ForeignProvider } from '../../shared/accounts/schema.ts'

const NAMES = { google: 'Google', github: 'GitHub' } as const

export const OauthProvider = z
  .string()
  .toLowerCase()
  .pipe(z.enum(['google', 'github']))
  .meta({ description: '`google` or `github`', example: 'google' })

export function providerNamed(name: z.output<typeof OauthProvider>): ForeignProvider {
  return NAMES[name]
}
