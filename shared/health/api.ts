/** What GET /api/health and GET /api/ready answer: nothing that says where a store is, or what it said. */
import * as z from 'zod'
import { STORES } from '../azure/resources.ts'

export const HealthResponse = z.object({ status: z.literal('ok') }).meta({ id: 'HealthResponse' })

export const ReadyResponse = z
  .object({
    status: z.enum(['ready', 'not_ready']),
    stores: z.array(
      z.object({
        name: z.enum(STORES),
        ok: z.boolean(),
        ms: z.int().meta({ description: 'How long it took to answer, or until it was given up', example: 4 }),
      }),
    ),
  })
  .meta({ id: 'ReadyResponse' })
