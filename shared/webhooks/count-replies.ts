/** Counts who answered a campaign: a fact of the recipient, which exists once however often and in whatever way they answer. */
import type { Deps } from '../deps.ts'
import { recipientAddress } from '../ids.ts'
import { contentOf } from '../messages/content.ts'
import { effectOf, kindOf } from '../messages/kinds.ts'
import type { ReceivedMessage } from '../messages/schema.ts'
import type { ReplyFact } from '../recipients/fact-row.ts'

/** Behind the messages' own writes, and also for repetitions: a crash in between loses nothing. One write a campaign. */
export async function countReplies(
  { facts }: Pick<Deps, 'facts'>,
  messages: readonly ReceivedMessage[],
): Promise<void> {
  const replies = messages.flatMap((message) => {
    const fact = replyIn(message)
    return fact ? [{ workspaceId: message.workspace_id, ...fact }] : []
  })
  const byCampaign = Map.groupBy(replies, ({ campaignId }) => campaignId)
  await Promise.all(
    [...byCampaign].map(async ([campaignId, list]) => {
      const [first] = list
      if (!first) return
      await facts.write(
        first.workspaceId,
        campaignId,
        list.map(({ reply }) => ({ reply })),
      )
    }),
  )
}

/** Undefined for what answers no campaign, and for what is no answer: a reaction that was taken back, an edit. */
function replyIn(message: ReceivedMessage): { campaignId: string; reply: ReplyFact } | undefined {
  if (message.direction !== 'inbound' || message.answers?.campaign_id == null) return undefined
  const { opensWindow, changes } = effectOf(kindOf(message.received))
  if (!opensWindow || (changes === 'reaction' && contentOf(message.received).reaction?.emoji == null)) return undefined
  const address = recipientAddress(message.answers.message_id ?? '')
  if (!address) return undefined
  const { campaignId, page, position } = address
  return { campaignId, reply: { page, position, at: Math.floor(Date.parse(message.sent_at) / 1000) } }
}
