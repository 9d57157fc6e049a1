/** Reads the cookies that a browser sends. */
import type { IncomingRequest } from './request.ts'

/** The value as it was sent; undefined without such a cookie, or where it is empty, as one that was ended may be. */
export function cookieIn({ headers }: Pick<IncomingRequest, 'headers'>, name: string): string | undefined {
  const pairs = (headers.get('cookie') ?? '').split(';').map((pair) => pair.trim())
  const value = pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1)
  return value === '' ? undefined : value
}
