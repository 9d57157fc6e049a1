/** Accounts as the API's users see them. */
import * as z from 'zod'
import { ValidationError } from '../errors.ts'
import { wellFormedText } from '../http/text.ts'
import { WorkspaceListResponse } from '../workspaces/api.ts'

/** Long enough for any pass phrase, and for an ID token in its place; a bound, because every byte is hashed. */
const PASSWORD_MAX = 8192
const PASSWORD_MIN = 8

/** What sign-up and sign-in take alike. A wrong password is a 401 at sign-in, whatever its length. */
export const Signup = z
  .object({
    email: z.string().trim().max(254).meta({ format: 'email' }).pipe(z.email()),
    password: z
      .string()
      .max(PASSWORD_MAX)
      .meta({
        description: `At sign-up at least ${PASSWORD_MIN} characters. With Google or GitHub: their credential.`,
        example: 'SecurePassword123!',
      }),
    id_token: z.string().max(PASSWORD_MAX).optional().meta({
      description: 'With `provider=Google`: an ID token for this server. Without it, `password` is taken for one.',
    }),
    access_token: z.string().max(PASSWORD_MAX).optional().meta({
      description:
        "With `provider=GitHub`: a user access token of this server's app, else `password` is taken for one.",
    }),
    name: wellFormedText.trim().max(255).nullish().meta({
      description: 'For sign-up only; without one, the part of the address before the @.',
    }),
  })
  .meta({
    id: 'Signup',
    description: 'Request model for Signup',
    // Only one credential: the documented one.
    examples: [{ email: 'user@example.com', password: 'SecurePassword123!', name: 'name' }],
  })

const TOO_SHORT = { msg: `String should have at least ${PASSWORD_MIN} characters`, type: 'string_too_short' }

/** As `Signup`, with the rule for new passwords, told together with all else that is wrong. */
export const NewSignup = Signup.refine((body) => !hasShortPassword(body), {
  path: ['password'],
  error: TOO_SHORT.msg,
  params: { type: TOO_SHORT.type },
  when: () => true,
})

/** For sign-up with a password: `NewSignup` lets any pass beside another credential, whoever that is for. */
export function checkNewPassword(password: string): void {
  if (password.length < PASSWORD_MIN) throw new ValidationError([{ loc: ['body', 'password'], ...TOO_SHORT }])
}

/** Asked of any body, because the rule is checked whatever else is wrong with it. */
function hasShortPassword(body: unknown): boolean {
  const { password, id_token, access_token } = (body ?? {}) as Record<string, unknown> // whatever has fields, or none
  if (id_token !== undefined || access_token !== undefined) return false
  return typeof password === 'string' && password.length < PASSWORD_MIN
}

export const SignupResponse = z
  .object({ user_id: z.uuid(), name: z.string(), email: z.email() })
  .meta({ id: 'SignupResponse', description: 'Response model for successful signup' })

export const SigninResponse = z
  .object({
    user_id: z.uuid(),
    access_token: z.string().meta({ description: 'For `Authorization: Bearer …`, for fifteen minutes.' }),
    token_type: z.string().default('bearer'),
    refresh_token: z
      .string()
      .optional()
      .meta({ description: 'Only for clients that asked for it in the body: browsers get it as a cookie.' }),
  })
  .meta({ id: 'SigninResponse', description: 'Response model for successful login' })

/** Without a body, the cookie or the access token says which session it is about. */
export const SessionRequest = z
  .object({ refresh_token: z.string().min(1).max(200).optional() })
  .meta({ id: 'SessionRequest', description: 'For clients that keep no cookies' })

export const MeResponse = z
  .object({
    user_id: z.uuid(),
    email: z.email(),
    name: z.string(),
    created_at: z.iso.datetime(),
    workspaces: z.array(WorkspaceListResponse),
  })
  .meta({ id: 'MeResponse', description: 'The signed-in person and the workspaces they belong to' })
