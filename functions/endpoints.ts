/** All endpoints, by noun. The routing table, the 405 answers and the API document are made from this list. */
import type { Endpoint } from '../shared/http/endpoint.ts'

export const ENDPOINTS: readonly Endpoint[] = []
