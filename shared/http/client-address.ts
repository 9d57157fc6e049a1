/**
 * The network address a request comes from, to count by: nothing else may be decided by it.
 *
 * Azure's front end adds the address it sees as the last of X-Forwarded-For, behind whatever the client wrote there: only
 * that last one cannot be made up. Without it (a local host) the address is unknown. Behind a proxy of one's own it is
 * the proxy's.
 */
import { isIPv4, isIPv6 } from 'node:net'
import type { IncomingRequest } from './request.ts'

/** An IPv4 address, or the first half of an IPv6 address: whoever has one has all that begin so. */
export function clientAddress({ headers }: Pick<IncomingRequest, 'headers'>): string | undefined {
  const last = (headers.get('x-forwarded-for') ?? '').split(',').at(-1)?.trim() ?? ''
  const host = withoutPort(last)
  if (isIPv4(host)) return host
  return isIPv6(host) ? networkOf(host) : undefined
}

/** `1.2.3.4:5`, `[2001:db8::1]:5` and both without a port. */
function withoutPort(text: string): string {
  const bracketed = /^\[([^\]]*)\](:\d+)?$/.exec(text)?.[1]
  return bracketed ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text
}

function networkOf(address: string): string {
  const [withoutZone = ''] = address.split('%')
  // The URL parser writes every spelling of an address in the same way: hexadecimal, the longest zeros as `::`.
  const [head = '', tail] = new URL(`http://[${withoutZone}]`).hostname.slice(1, -1).split('::')
  const [first, rest] = [groupsOf(head), groupsOf(tail ?? '')]
  const groups = [...first, ...Array.from({ length: 8 - first.length - rest.length }, () => 0), ...rest]
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff
  if (isMapped)
    return groups
      .slice(6)
      .flatMap((group) => [group >> 8, group & 0xff])
      .join('.')
  return groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')
}

function groupsOf(text: string): number[] {
  return text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16))
}
