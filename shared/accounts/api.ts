/** Accounts as the API's users see them. */
import { z } from 'zod'
import { WorkspaceListResponse } from '../workspaces/api.ts'

/** Long enough for any pass phrase; a bound, because every byte is hashed. */
const PASSWORD_MAX = 1000

const email = z.string().trim().max(254).pipe(z.email())
const name = z.string().trim().max(255).nullish()

export const Signup = z.object({ email, password: z.string().min(8).max(PASSWORD_MAX), name })

/** As `Signup`, without its rule for new passwords: a wrong password is a 401, whatever its length. */
export const Signin = z.object({ email, password: z.string().max(PASSWORD_MAX), name })

export const SignupResponse = z.object({ user_id: z.uuid(), name: z.string(), email: z.string() })

export const SigninResponse = z.object({ user_id: z.uuid(), access_token: z.string(), token_type: z.literal('bearer') })

export const MeResponse = z.object({
  user_id: z.uuid(),
  email: z.string(),
  name: z.string(),
  created_at: z.string(),
  workspaces: z.array(WorkspaceListResponse),
})
